/** What people say about deadlines, as this device shows it until the server's own rows arrive. */
import type { Act } from '../acts'
import type { DeadlineArgs, EscalationBody, FollowUpBody, NewPromise } from '../deadlines'
import { nextOfWorkOrder } from '../lifecycle'
import type { Bodies, Id, Noun, WorkOrderBody } from '../nouns'
import { born, eventOf } from './born'
import type { Actor, Change, Effect, View, ViewRow } from './view'
import { derived, restsIn } from './visit'

type DeadlineEffects = { [A in keyof DeadlineArgs]: Effect<A> }

const patched = <N extends Noun>(row: ViewRow<N>, body: Partial<Bodies[N]>): Change<N> => ({ ...row, body: { ...row.body, ...body } })

/** A new row under its work order; nothing when the order is not here, or the row is already. */
async function underOrder<N extends Noun>(
  act: Act, view: View, actor: Actor, noun: N, make: (common: object, order: ViewRow<'work_order'>) => Bodies[N],
): Promise<Change[]> {
  const { id, work_order_id, visit_id } = act.args as { id: Id; work_order_id: Id; visit_id?: Id | null }
  const order = await view.get('work_order', work_order_id)
  if (!order || (await view.get(noun, id))) return []
  const common = { ...born(act, actor), work_order_id, visit_id: visit_id ?? null }
  return [{ noun, id, scope: order.scope, body: make(common, order) }, eventOf(act, actor, work_order_id, visit_id ?? null, dataOf(act))]
}

/** What the timeline says: everything but the ids. */
const dataOf = (act: Act): Record<string, unknown> =>
  Object.fromEntries(Object.entries(act.args).filter(([name]) => !/(^|_)id$/.test(name)))

const moved = (row: ViewRow<'work_order'>, act: string): Partial<WorkOrderBody> => {
  const state = nextOfWorkOrder(row.body.state, act)
  return state ? { state } : {}
}

const propose: Effect<'hold.propose'> = (act, view, actor) =>
  underOrder(act, view, actor, 'hold', (common) => ({
    ...(common as Bodies['hold']), reason: act.args.reason, note: act.args.note ?? '', until: act.args.until ?? null, state: 'proposed',
    pauses: false, from_at: act.at, to_at: null, decided_by: null, decided_at: null, decided_note: '',
  }))

const decideHold: Effect<'hold.decide'> = async (act, view, actor) => {
  const hold = await view.get('hold', act.args.id)
  const order = hold && (await view.get('work_order', hold.body.work_order_id))
  if (!hold || !order || hold.body.state !== 'proposed') return []
  const on = act.args.decision === 'confirm'
  const said = { decided_by: actor.userId, decided_at: act.at, decided_note: act.args.note ?? '' }
  return [patched(hold, { ...said, state: on ? 'on' : 'refused' }), ...(on ? [patched(order, moved(order, 'hold.confirm'))] : [])]
}

const liftHold: Effect<'hold.lift'> = async (act, view) => {
  const hold = await view.get('hold', act.args.id)
  const order = hold && (await view.get('work_order', hold.body.work_order_id))
  if (!hold || !order) return []
  const lifted = patched(hold, { state: 'lifted', to_at: act.at })
  if (hold.body.state !== 'on' || order.body.state !== 'on_hold') return [lifted]
  const ready = patched(order, { state: restsIn(order.body) })
  const after = await derived(view, order.id, [], ready)
  return [lifted, ...(after.length ? after : [ready])]
}

const declare: Effect<'delay.declare'> = async (act, view, actor) => {
  const { kind, reason, note, new_due_at, work_order_id } = act.args
  const due = (await view.find('sla_milestone', 'work_order_id', work_order_id))
    .find(({ body }) => body.kind === kind && !body.met_at)
  if (!due) return []
  return underOrder(act, view, actor, 'delay_declaration', (common) => ({
    ...(common as Bodies['delay_declaration']), milestone_id: due.id, kind, reason, note: note ?? '', was_due_at: due.body.due_at, new_due_at,
    declared_at: act.at, before_breach: Boolean(due.body.paused_at) || act.at <= due.body.due_at, state: 'submitted', decided_by: null, decided_at: null,
    decided_note: '', told_at: null, told_channel: '',
  }))
}

const decideDelay: Effect<'delay.decide'> = async (act, view, actor) => {
  const said = await view.get('delay_declaration', act.args.id)
  if (said?.body.state !== 'submitted') return []
  const approved = act.args.decision === 'approve'
  const due = approved && said.body.before_breach ? await view.get('sla_milestone', said.body.milestone_id) : undefined
  return [
    patched(said, { state: approved ? 'approved' : 'refused', decided_by: actor.userId, decided_at: act.at, decided_note: act.args.note ?? '' }),
    ...(due && !due.body.met_at ? [patched(due, { due_at: said.body.new_due_at, breached: false })] : []),
  ]
}

const tellDelay: Effect<'delay.tell'> = async (act, view) => {
  const said = await view.get('delay_declaration', act.args.id)
  return said ? [patched(said, { state: 'told', told_at: act.at, told_channel: act.args.channel })] : []
}

const savePlan: Effect<'plan.save'> = async (act, view, actor) => {
  const { id, work_order_id, visit_id, submit, cause, measures, steps, prevention } = act.args
  const order = await view.get('work_order', work_order_id)
  if (!order) return []
  const known = await view.get('resolution_plan', id)
  const blank = { ...born(act, actor), work_order_id, visit_id: visit_id ?? null, version: 1, state: 'draft' as const, submitted_at: null, rounds: [] }
  const was = known?.body ?? blank
  const sent = submit ? { state: 'review' as const, submitted_at: act.at, version: was.version + Number(was.state === 'returned') } : {}
  const body = { ...was, cause, measures, steps, prevention, ...sent }
  const plan: Change = { noun: 'resolution_plan', id, scope: order.scope, body }
  if (!submit) return [plan]
  return [plan, patched(order, { plan: 'review', ...moved(order, 'plan.submit') }), eventOf(act, actor, work_order_id, visit_id ?? null, { version: body.version }, 'plan.submit')]
}

const decidePlan: Effect<'plan.decide'> = async (act, view, actor) => {
  const plan = await view.get('resolution_plan', act.args.id)
  const order = plan && (await view.get('work_order', plan.body.work_order_id))
  if (!plan || !order) return []
  const approved = act.args.decision === 'approve'
  const round = { version: plan.body.version, decision: approved ? 'approved' as const : 'returned' as const, by: actor.userId, at: act.at, remarks: act.args.remarks ?? '' }
  return [
    patched(plan, { state: round.decision, rounds: [...plan.body.rounds, round] }),
    patched(order, { plan: approved ? 'approved' : 'needed', ...moved(order, approved ? 'plan.approve' : 'plan.return') }),
  ]
}

const requirePlan: Effect<'plan.require'> = async (act, view) => {
  const order = await view.get('work_order', act.args.work_order_id)
  return order ? [patched(order, { plan: 'needed', ...moved(order, 'plan.require') })] : []
}

const ask: Effect<'help.ask'> = (act, view, actor) =>
  underOrder(act, view, actor, 'escalation', (common) => {
    const row = { ...(common as EscalationBody), rung: act.args.rung ?? 'specialist', text: act.args.text, state: 'open' as const, steps: [] }
    return { ...row, steps: [stepOf(act, actor, row, act.args.text)] }
  })

const stepOf = (act: Act, actor: Actor, { rung }: Pick<EscalationBody, 'rung'>, text: string): EscalationBody['steps'][number] =>
  ({ act: act.act, by: actor.userId, by_name: actor.name, at: act.at, text, rung })

const helpStep = <A extends 'help.answer' | 'help.escalate' | 'help.close'>(state: (row: EscalationBody, actor: Actor) => EscalationBody['state']): Effect<A> =>
  async (act, view, actor) => {
    const row = await view.get('escalation', act.args.id)
    if (!row || row.body.state === 'closed') return []
    const step = stepOf(act, actor, row.body, (act.args as { text?: string }).text ?? '')
    return [patched(row, { state: state(row.body, actor), steps: [...row.body.steps, step] })]
  }

const give: Effect<'feedback.give'> = async (act, view, actor) => {
  const { channel, result, measures, satisfied, opinion, promises, work_order_id } = act.args
  const rows = await underOrder(act, view, actor, 'feedback', (common) => ({
    ...(common as Bodies['feedback']), channel, result, measures: measures ?? '', satisfied: satisfied ?? null, opinion: opinion ?? '', told_at: act.at,
  }))
  const order = rows.length ? await view.get('work_order', work_order_id) : undefined
  return order ? [...rows, ...(promises ?? []).map((one) => promised(act, actor, order, one))] : []
}

function promised(act: Act, actor: Actor, order: ViewRow<'work_order'>, { id, text, due_on, assignee_id }: NewPromise): Change<'follow_up'> {
  const body: FollowUpBody = {
    ...born(act, actor), work_order_id: order.id, number: order.body.number ?? '', site_id: order.body.site_id, site_name: order.body.site_name,
    text, due_on, assignee_id: assignee_id ?? order.body.owner_id, state: 'open', done_at: null, done_by: null, note: '',
  }
  return { noun: 'follow_up', id, scope: 'office', body }
}

const addFollowUp: Effect<'follow_up.add'> = async (act, view, actor) => {
  const order = await view.get('work_order', act.args.work_order_id)
  return order && !(await view.get('follow_up', act.args.id)) ? [promised(act, actor, order, act.args)] : []
}

const doneFollowUp: Effect<'follow_up.done'> = async (act, view, actor) => {
  const row = await view.get('follow_up', act.args.id)
  return row ? [patched(row, { state: 'done', done_at: act.at, done_by: actor.userId, note: act.args.note ?? '' })] : []
}

const reopen: Effect<'work_order.reopen'> = async (act, view, actor) => {
  const order = await view.get('work_order', act.args.id)
  if (!order || !nextOfWorkOrder(order.body.state, act.act)) return []
  const visits_before = Math.max(0, ...(await view.find('visit', 'work_order_id', order.id)).map((row) => row.body.sequence))
  const body = { reopened: (order.body.reopened ?? 0) + 1, visits_before, state: restsIn(order.body), follow_up: false }
  return [patched(order, body), eventOf(act, actor, order.id, null, { reason: act.args.reason, count: body.reopened })]
}

const read: Effect<'notice.read'> = async (act, view) => {
  const rows = await Promise.all(act.args.ids.map((id) => view.get('notice', id)))
  return rows.flatMap((row) => (row && !row.body.read_at ? [patched(row, { read_at: act.at })] : []))
}

const savePolicy: Effect<'policy.save'> = async (act, view, actor) => {
  const { id, code, name, name_en, settings, levels, active } = act.args
  const was = (await view.get('sla_policy', id))?.body ?? born(act, actor)
  return [{ noun: 'sla_policy', id, scope: 'ref', body: { ...was, code, name, name_en: name_en ?? '', settings, levels, active: active ?? true } }]
}

const choosePolicy: Effect<'customer.choose_policy'> = async (act, view) => {
  const customer = await view.get('customer', act.args.id)
  return customer ? [patched(customer, { sla_policy: act.args.policy })] : []
}

export const deadlineEffects: DeadlineEffects = {
  'policy.save': savePolicy,
  'customer.choose_policy': choosePolicy,
  'hold.propose': propose,
  'hold.decide': decideHold,
  'hold.lift': liftHold,
  'delay.declare': declare,
  'delay.decide': decideDelay,
  'delay.tell': tellDelay,
  'plan.save': savePlan,
  'plan.decide': decidePlan,
  'plan.require': requirePlan,
  'help.ask': ask,
  'help.answer': helpStep((row, actor) => (row.created_by === actor.userId ? row.state : 'answered')),
  'help.escalate': helpStep(() => 'open'),
  'help.close': helpStep(() => 'closed'),
  'feedback.give': give,
  'work_order.reopen': reopen,
  'follow_up.add': addFollowUp,
  'follow_up.done': doneFollowUp,
  'notice.read': read,
}
