/** What the acts on a visit do to the rows of this device until the server's own rows arrive. */
import type { Act, ActName, Args } from '../acts'
import { isDone, isGone, isLive, isDerived, next, type VisitStep } from '../lifecycle'
import type { Id, SlaMilestoneBody, VisitBody, WorkOrderBody, WorkOrderState } from '../nouns'
import { born, changed, eventOf } from './born'
import type { Actor, Change, Effect, View, ViewRow } from './view'

type OnVisit = { [A in ActName]: Args[A] extends { visit_id: Id } ? A : never }[ActName]

/** The visit one step further, its work order as the visits now make it, and a line in the timeline. */
export async function step(
  act: Act<OnVisit>, name: VisitStep, view: View, actor: Actor, more: Partial<VisitBody> = {},
): Promise<Change[]> {
  const visit = await view.get('visit', act.args.visit_id)
  const to = visit && next(visit.body.state, name, visit.body.mode)
  if (!visit || !to) return [] // the office was quicker: the server will park the act and say so
  const again = to === 'working' && { partial: false } // gone back to work: what could not be completed may be now
  const after = changed(visit, { state: to, times: { ...visit.body.times, [to]: act.at }, ...again, ...more })
  const met = await metMilestones(act, name, view, visit)
  return [
    after,
    eventOf(act, actor, visit.body.work_order_id, visit.id, { from: visit.body.state, to, ...dataOf(act, more) }, name),
    ...met,
    ...(await derived(view, visit.body.work_order_id, [after], met.find((change) => change.noun === 'work_order') as Change<'work_order'>)),
  ]
}

const dataOf = (act: Act<OnVisit>, { reason, reason_note }: Partial<VisitBody>): Record<string, unknown> => {
  const { place, remarks } = act.args as Partial<Args['visit.arrive'] & Args['visit.review']>
  return { ...(reason && { reason, note: reason_note }), ...(place && { place }), ...(remarks && { remarks }) }
}

const plain = <A extends OnVisit & VisitStep>(name: A): Effect<A> =>
  (act, view, actor) => step(act as Act<OnVisit>, name, view, actor)

const withReason = <A extends 'visit.decline' | 'visit.pause' | 'visit.cannot_complete' | 'visit.cancel'>(name: A): Effect<A> =>
  (act, view, actor) => {
    const { reason, note } = act.args as Args['visit.pause']
    return step(act as Act<OnVisit>, name, view, actor, { reason, reason_note: note ?? '', ...(name === 'visit.cannot_complete' && { partial: true }) })
  }

/** Deadlines that an act meets. */
const MILESTONES: Record<string, SlaMilestoneBody['kind'][]> = {
  'visit.accept': ['confirm', 'respond', 'dispatch'], 'visit.arrive': ['confirm', 'respond', 'dispatch', 'arrive'],
  'visit.finish': ['confirm', 'respond', 'dispatch', 'arrive', 'resolve'], 'report.sign': ['feed_back'],
}

/** A deadline that was met must not run on on the screen; the work order's is the next that was not. */
async function metMilestones(act: Act, name: VisitStep, view: View, visit: ViewRow<'visit'>): Promise<Change[]> {
  const kinds = MILESTONES[name]
  const rows = kinds ? await view.find('sla_milestone', 'work_order_id', visit.body.work_order_id) : []
  if (!kinds || !rows.length) return []
  const met = rows.filter(({ body }) => kinds.includes(body.kind) && (!body.met_at || act.at < body.met_at))
    .map((row) => ({ ...row, body: { ...row.body, met_at: act.at, breached: act.at > row.body.due_at } }))
  const ids = new Set(met.map((row) => row.id))
  const open = rows.filter((row) => !row.body.met_at && !ids.has(row.id)).map((row) => row.body.due_at)
  const order = await view.get('work_order', visit.body.work_order_id)
  const due_at = open.sort()[0] ?? null
  return order && order.body.due_at !== due_at ? [...met, { ...order, body: { ...order.body, due_at } }] : met
}

/**
 * The state visits give their work order, and whether another visit is needed: twin of `derive_work_order` in
 * `sync/lifecycle.py`. Visits come in the order of their sequence.
 */
export function derivedState(
  visits: readonly Pick<VisitBody, 'state' | 'partial'>[], rests: WorkOrderState = 'ready',
): [state: WorkOrderState, followUp: boolean] {
  const standing = visits.filter((visit) => !isGone(visit.state))
  if (standing.length === 0) return [rests, false]
  if (standing.some((visit) => isLive(visit.state))) return ['in_progress', false]
  if (standing.some((visit) => !isDone(visit.state))) return ['scheduled', false]
  if (standing.at(-1)!.partial) return [rests, true]
  return [standing.every((visit) => visit.state === 'reviewed') ? 'confirming' : 'work_done', false]
}

/** The state a work order has while nobody is sent: a plan that is needed comes before. */
export const restsIn = ({ plan }: Pick<WorkOrderBody, 'plan'>): WorkOrderState =>
  (plan === 'needed' ? 'planning' : plan === 'review' ? 'plan_review' : 'ready')

/** `changed`: the work order as the act has it already, when that is not what the view shows. */
export async function derived(
  view: View, workOrderId: Id, changes: readonly Change<'visit'>[], changed?: Change<'work_order'>,
): Promise<Change[]> {
  const order = changed ?? (await view.get('work_order', workOrderId))
  if (!order || !isDerived(order.body.state)) return []
  const bodies = new Map((await view.find('visit', 'work_order_id', workOrderId)).map((row) => [row.id, row.body]))
  for (const change of changes) bodies.set(change.id, change.body)
  const since = [...bodies.values()].filter((body) => body.sequence > (order.body.visits_before ?? 0)) // it was reopened after the others
  const [state, follow_up] = derivedState(since.sort((a, b) => a.sequence - b.sequence), restsIn(order.body))
  if (state === order.body.state && follow_up === order.body.follow_up) return []
  return [{ ...order, body: { ...order.body, state, follow_up } satisfies WorkOrderBody }]
}

const dispatch: Effect<'visit.dispatch'> = async (act, view, actor) => {
  const { id, work_order_id } = act.args
  const order = await view.get('work_order', work_order_id)
  if (!order || (await view.get('visit', id))) return []
  const sequence = (await view.find('visit', 'work_order_id', work_order_id)).length + 1
  const visit = dispatched(act, actor, { ...blank(order.body.site_id, work_order_id, sequence), ...pick(act.args) }, id)
  return [visit, eventOf(act, actor, work_order_id, id), ...(await derived(view, work_order_id, [visit]))]
}

const reassign: Effect<'visit.reassign'> = async (act, view, actor) => {
  const { visit_id, new_id, lead_id, helper_ids, reason, note, slot_start, slot_end } = act.args
  const old = await view.get('visit', visit_id)
  const to = old && next(old.body.state, 'visit.reassign', old.body.mode)
  if (!old || !to || (await view.get('visit', new_id))) return []
  const cancelled = changed(old, {
    state: to, times: { ...old.body.times, [to]: act.at }, reason, reason_note: note ?? '', replaced_by_id: new_id,
  })
  const orderId = old.body.work_order_id
  const sequence = (await view.find('visit', 'work_order_id', orderId)).length + 1
  const { mode, brief, checklist_codes, bring } = old.body
  const visit = dispatched(act, actor, {
    ...blank(old.body.site_id, orderId, sequence), mode, brief, checklist_codes, bring: bring ?? [], lead_id, replaces_id: visit_id,
    helper_ids: helper_ids ?? [], slot_start: slot_start ?? old.body.slot_start, slot_end: slot_end ?? old.body.slot_end,
  }, new_id)
  return [
    cancelled, visit, eventOf(act, actor, orderId, visit_id, { reason, ...(note && { note }) }),
    ...(await derived(view, orderId, [cancelled, visit])),
  ]
}

type Planned = Omit<VisitBody, 'created_by' | 'device_at' | 'server_at' | 'state' | 'times'>

const blank = (site_id: Id, work_order_id: Id, sequence: number): Planned => ({
  work_order_id, site_id, sequence, mode: 'on_site', lead_id: null, helper_ids: [], slot_start: '', slot_end: '',
  brief: '', checklist_codes: [], reason: null, reason_note: '', replaces_id: null, replaced_by_id: null,
  returned_note: '', partial: false, bring: [],
})

const pick = ({ mode, lead_id, helper_ids, slot_start, slot_end, brief, checklist_codes, bring }: Args['visit.dispatch']) =>
  ({ mode, lead_id, slot_start, slot_end, helper_ids: helper_ids ?? [], brief: brief ?? '', checklist_codes: checklist_codes ?? [], bring: bring ?? [] })

const dispatched = (act: Act, actor: Actor, planned: Planned, id: Id): Change<'visit'> => ({
  noun: 'visit', id, scope: `wo:${planned.work_order_id}`,
  body: { ...born(act, actor), ...planned, state: 'dispatched', times: { dispatched: act.at } },
})

type VisitEffects = { [A in Exclude<Extract<ActName, `visit.${string}`>, 'visit.prepare'>]: Effect<A> }

const reschedule: Effect<'visit.reschedule'> = async (act, view, actor) => {
  const { visit_id, slot_start, slot_end, reason } = act.args
  const visit = await view.get('visit', visit_id)
  if (!visit || isDone(visit.body.state) || isGone(visit.body.state)) return []
  const data = { was: [visit.body.slot_start, visit.body.slot_end], now: [slot_start, slot_end], ...(reason && { reason }) }
  return [changed(visit, { slot_start, slot_end }), eventOf(act, actor, visit.body.work_order_id, visit_id, data)]
}

const review: Effect<'visit.review'> = (act, view, actor) => {
  const { decision, remarks } = act.args
  return decision === 'accept'
    ? step(act as Act<OnVisit>, 'visit.accept_work', view, actor)
    : step(act as Act<OnVisit>, 'visit.return_work', view, actor, { returned_note: remarks ?? '' })
}

export const visitEffects: VisitEffects = {
  'visit.accept': plain('visit.accept'),
  'visit.travel': plain('visit.travel'),
  'visit.arrive': plain('visit.arrive'),
  'visit.work': plain('visit.work'),
  'visit.resume': plain('visit.resume'),
  'visit.finish': plain('visit.finish'),
  'visit.reopen': plain('visit.reopen'),
  'visit.submit': plain('visit.submit'),
  'visit.decline': withReason('visit.decline'),
  'visit.pause': withReason('visit.pause'),
  'visit.cannot_complete': withReason('visit.cannot_complete'),
  'visit.cancel': withReason('visit.cancel'),
  'visit.dispatch': dispatch,
  'visit.reassign': reassign,
  'visit.reschedule': reschedule,
  'visit.review': review,
}
