/** What acts on complaints and improvements do to the rows of this desk, until the server's own arrive. */
import lifecycles from '@rules/lifecycles.json'
import type { Act } from '../acts'
import type { ComplaintBody, ComplaintState, ComplaintStep, ImprovementActionBody, QualityArgs } from '../quality'
import type { CustomerReportBody } from '../nouns'
import type { Span } from '../sla'
import { born, changed, eventOf } from './born'
import type { Actor, Change, Effect, View, ViewRow } from './view'

const HOUR_MS = 3_600_000
const A_DAY: Span = { hours: 24, clock: 'elapsed' }

/**
 * When an answer is due: by the company's own policy where that runs on the wall clock, else in a day. The calendar is
 * not in the first bundle; what the server counts with it takes this one's place.
 */
async function promised(view: View, level: number, from: string): Promise<Pick<ComplaintBody, 'span' | 'answer_due_at'>> {
  const own = (await view.find('sla_policy', 'scope', 'ref')).find(({ body }) => body.code === 'complaint24' && body.active)
  const span = own?.body.levels[level]?.plan ?? A_DAY
  const hours = span.clock === 'elapsed' ? (span.hours ?? (span.minutes ?? 24 * 60) / 60) : 24
  return { span: { ...span, policy: {} }, answer_due_at: new Date(Date.parse(from) + hours * HOUR_MS).toISOString() }
}

const stepOf = (act: Act, actor: Actor, text: string, more: Partial<ComplaintStep> = {}): ComplaintStep =>
  ({ act: act.act, by: actor.userId, by_name: actor.name, at: act.at, text, ...more })

function moved(state: ComplaintState, act: string): ComplaintState | null {
  const row = lifecycles.complaint.transitions.find((one) => one.act === act && one.from.includes(state))
  return row ? (row.to as ComplaintState) : null
}

/** The nearest says the rest: a visit its order, an order its site, a site its customer. */
async function placed(view: View, act: Act<'complaint.register'>, report: ViewRow<'customer_report'> | undefined): Promise<Partial<ComplaintBody>> {
  const { origin, ...args } = act.args
  const fact = origin && origin.noun !== 'customer_report' ? await view.get(origin.noun, origin.id) : undefined
  const visit_id = args.visit_id ?? fact?.body.visit_id ?? null
  const visit = visit_id ? await view.get('visit', visit_id) : undefined
  const work_order_id = args.work_order_id ?? fact?.body.work_order_id ?? visit?.body.work_order_id ?? null
  const order = work_order_id ? await view.get('work_order', work_order_id) : undefined
  const site_id = order?.body.site_id ?? args.site_id ?? null
  const site = site_id ? await view.get('site', site_id) : undefined
  const customer_id = order?.body.customer_id ?? site?.body.customer_id ?? args.customer_id ?? null
  const customer = customer_id ? await view.get('customer', customer_id) : undefined
  const about_ids = args.about_ids?.length ? args.about_ids : visit?.body.lead_id ? [visit.body.lead_id] : []
  return {
    visit_id, work_order_id, site_id, customer_id, about_ids, order_number: order?.body.number ?? '', site_name: site?.body.name ?? '',
    customer_name: customer?.body.name ?? (args.customer_name || report?.body.company) ?? '',
    contact_masked: report?.body.contact_masked ?? order?.body.contact_masked ?? '',
  }
}

const register: Effect<'complaint.register'> = async (act, view, actor) => {
  const { id, title, text = '', level, channel, categories = [], reported_at, origin, owner_id } = act.args
  if (await view.get('complaint', id)) return []
  const report = origin?.noun === 'customer_report' ? await view.get('customer_report', origin.id) : undefined
  const body = {
    ...born(act, actor), number: '', state: 'registered', level, title, text, channel, categories, reported_at, ...(await placed(view, act, report)),
    origin_noun: origin?.noun ?? null, origin_id: origin?.id ?? null, owner_id: owner_id ?? actor.userId, ...(await promised(view, level, reported_at)),
    warned: {}, answered_at: null, answered_by: null, answer: '', breached: false, unsatisfied: 0, steps: [stepOf(act, actor, text, { channel })],
    satisfied: null, customer_word: '', closed_at: null, closed_by: null,
  } as ComplaintBody
  const taken: Partial<CustomerReportBody> = { state: 'complaint', complaint_id: id, decided_by: actor.userId }
  return [{ noun: 'complaint', id, scope: 'office', body }, ...(report?.body.state === 'new' ? [changed(report, taken)] : [])]
}

/** What an act does to an open complaint; nothing to one that is not here or closed. */
const said = <A extends keyof QualityArgs>(make: (row: ComplaintBody, act: Act<A>, actor: Actor, view: View) => Promise<Partial<ComplaintBody>> | Partial<ComplaintBody>): Effect<A> =>
  async (act, view, actor): Promise<Change[]> => {
    const row = await view.get('complaint', (act.args as { id: string }).id)
    if (!row || row.body.state === 'closed') return []
    return [changed(row, await make(row.body, act, actor, view))]
  }

const assign = said<'complaint.assign'>(async (row, act, actor, view) => {
  const { owner_id, level, about_ids, note = '' } = act.args
  const owner = owner_id ?? row.owner_id
  const again = level && level !== row.level && row.state === 'registered' ? await promised(view, level, row.reported_at) : {}
  const to = (await view.get('user', owner))?.body.name ?? ''
  return { owner_id: owner, level: level ?? row.level, about_ids: about_ids ?? row.about_ids, ...again, steps: [...row.steps, stepOf(act, actor, note, { to, level: level ?? row.level })] }
})

const answer = said<'complaint.answer'>((row, act, actor) => {
  const { text, channel } = act.args
  const state = moved(row.state, act.act)
  if (!state) return {}
  const answered = { answer: text, answered_by: actor.userId, answered_at: act.at, breached: row.breached || act.at > row.answer_due_at }
  return { state, ...answered, steps: [...row.steps, stepOf(act, actor, text, { channel })] }
})

const followUp = said<'complaint.follow_up'>(async (row, act, actor, view) => {
  const { text, channel, satisfied = null } = act.args
  const steps = [...row.steps, stepOf(act, actor, text, { channel, satisfied })]
  if (satisfied !== false) return { steps, satisfied: row.state === 'answered' ? (satisfied ?? row.satisfied) : row.satisfied }
  const state = moved(row.state, 'complaint.not_accepted')
  return state ? { steps, state, unsatisfied: row.unsatisfied + 1, answered_at: null, answered_by: null, ...(await promised(view, row.level, act.at)) } : {}
})

const close = said<'complaint.close'>((row, act, actor) => {
  const { word, satisfied = null } = act.args
  const state = moved(row.state, act.act)
  if (!state) return {}
  return { state, customer_word: word, satisfied, closed_at: act.at, closed_by: actor.userId, steps: [...row.steps, stepOf(act, actor, word, { satisfied })] }
})

const addAction: Effect<'improvement.add'> = async (act, view, actor) => {
  const { id, source_noun = null, source_id = null, text, owner_id, due_on, month = '', figure = '' } = act.args
  if (await view.get('improvement_action', id)) return []
  const body: ImprovementActionBody = {
    ...born(act, actor), source_noun, source_id, text, owner_id, due_on, month, figure, state: 'open', done_at: null, done_by: null, result: '',
  }
  return [{ noun: 'improvement_action', id, scope: 'office', body }]
}

const moveAction: Effect<'improvement.move'> = async (act, view) => {
  const row = await view.get('improvement_action', act.args.id)
  const { owner_id, due_on } = act.args
  return row?.body.state === 'open' ? [changed(row, { owner_id: owner_id ?? row.body.owner_id, due_on: due_on ?? row.body.due_on })] : []
}

const endAction = <A extends 'improvement.done' | 'improvement.drop'>(state: 'done' | 'dropped'): Effect<A> => async (act, view, actor) => {
  const row = await view.get('improvement_action', act.args.id)
  return row?.body.state === 'open' ? [changed(row, { state, result: act.args.result, done_by: actor.userId, done_at: act.at })] : []
}

const attempt: Effect<'call_back.attempt'> = async (act, _view, actor) => {
  const { id, work_order_id, visit_id, mode, outcome, note = '', again_at = null } = act.args
  const body = { ...born(act, actor), work_order_id, visit_id, mode, outcome, note, again_at, at: act.at }
  return [{ noun: 'call_attempt', id, scope: `wo:${work_order_id}`, body }, eventOf(act, actor, work_order_id, visit_id, { mode, outcome, note })]
}

export const qualityEffects: { [A in keyof QualityArgs]: Effect<A> } = {
  'complaint.register': register,
  'complaint.assign': assign,
  'complaint.answer': answer,
  'complaint.follow_up': followUp,
  'complaint.close': close,
  'improvement.add': addAction,
  'improvement.move': moveAction,
  'improvement.done': endAction('done'),
  'improvement.drop': endAction('dropped'),
  'call_back.attempt': attempt,
}
