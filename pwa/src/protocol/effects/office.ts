/** What the office's acts on work orders and on things that need a person do to the rows of this device. */
import type { Act } from '../acts'
import { isEnded, next, nextOfWorkOrder } from '../lifecycle'
import type { Bodies, Noun, WorkOrderBody } from '../nouns'
import { born, changed, eventOf } from './born'
import { applyChanges } from './changes'
import { decided } from './intake'
import type { Change, Effect, View, ViewRow } from './view'

const register: Effect<'work_order.register'> = async (act, view, actor) => {
  const { id, contact_name, contact_phone, report_id, answer, ...given } = act.args
  if (await view.get('work_order', id)) return []
  const [customer, site] = [await view.get('customer', given.customer_id), await view.get('site', given.site_id)]
  const report = report_id ? await view.get('customer_report', report_id) : undefined
  const body: WorkOrderBody = {
    ...born(act, actor), number: null, state: answer ? 'closed' : 'ready', description: '', categories: [], follow_up: false, due_at: null,
    cancelled: null, owner_id: actor.userId, ...given, asset_id: given.asset_id ?? null,
    customer_name: customer?.body.name ?? site?.body.customer_name ?? '', site_name: site?.body.name ?? '',
    contact_masked: contact_name ? masked(contact_name, contact_phone ?? '') : (report?.body.contact_masked || (site?.body.contact_masked ?? '')),
  }
  const taken = report_id ? await decided(view, report_id, { state: 'registered', work_order_id: id, decided_by: actor.userId }) : []
  return [{ noun: 'work_order', id, scope: `wo:${id}`, body }, eventOf(act, actor, id, null), ...taken]
}

/** As lists show a contact: 张女士(5678). */
const masked = (name: string, phone: string): string => (phone ? `${name}(${phone.slice(-4)})` : name)

const edit: Effect<'work_order.edit'> = async (act, view, actor) => {
  const order = await view.get('work_order', act.args.id)
  if (!order || isEnded(order.body.state)) return []
  const body = applyChanges<WorkOrderBody>(order.body, act.args.changes)
  return [{ ...order, body }, eventOf(act, actor, order.id, null, { fields: Object.keys(act.args.changes).sort() })]
}

const cancel: Effect<'work_order.cancel'> = async (act, view, actor) => {
  const { id, reason, note } = act.args
  const order = await view.get('work_order', id)
  const state = order && nextOfWorkOrder(order.body.state, act.act)
  if (!order || !state) return []
  const cancelled = { reason, note: note ?? '', by: actor.userId, at: act.at }
  return [
    { ...order, body: { ...order.body, state, cancelled, due_at: null } },
    eventOf(act, actor, id, null, { reason, note: note ?? '' }), ...(await cancelVisits(act, view)),
  ]
}

/** Its visits that can still be cancelled go with it. */
async function cancelVisits({ args, at }: Act<'work_order.cancel'>, view: View): Promise<Change[]> {
  return (await view.find('visit', 'work_order_id', args.id)).flatMap((visit) => {
    const state = next(visit.body.state, 'visit.cancel', visit.body.mode)
    const times = { ...visit.body.times, ...(state && { [state]: at }) }
    return state ? [changed(visit, { state, times, reason: args.reason, reason_note: args.note ?? '' })] : []
  })
}

const close: Effect<'work_order.close'> = async (act, view, actor) => {
  const order = await view.get('work_order', act.args.id)
  const state = order && nextOfWorkOrder(order.body.state, act.act)
  return order && state ? [{ ...order, body: { ...order.body, state, due_at: null } }, eventOf(act, actor, order.id, null)] : []
}

const settleEvidence: Effect<'evidence.settle'> = async (act, view) => {
  const { noun, id, decision } = act.args
  const row = await view.get(noun as 'note', id)
  if (row?.body.late_state !== 'open') return []
  return [{ ...row, body: { ...row.body, late_state: decision === 'adopt' ? 'adopted' : 'discarded' } }]
}

const settleConflict: Effect<'conflict.settle'> = async (act, view) => {
  const conflict = await view.get('conflict', act.args.id)
  if (conflict?.body.state !== 'open') return []
  const settled: Change = { ...conflict, body: { ...conflict.body, state: 'settled', settled_value: act.args.value } }
  const row = (await view.get(conflict.body.noun, conflict.body.row_id)) as ViewRow<Noun> | undefined
  if (!row) return [settled]
  const body = { ...row.body, [conflict.body.field]: act.args.value } as Bodies[Noun]
  return [settled, { ...row, body }]
}

const settleReview: Effect<'review.settle'> = async (act, view, actor) => {
  const item = await view.get('review_item', act.args.id)
  if (item?.body.state !== 'open') return []
  const resolution = ({ apply: 'applied', amend: 'amended', attach: 'attached', discard: 'discarded' } as const)[act.args.decision]
  const body = {
    ...item.body, state: 'resolved' as const, resolution, amended: act.args.changes ?? null,
    resolved_by: actor.userId, resolved_at: act.at, resolution_note: act.args.note ?? null,
  }
  return [{ ...item, body }]
}

export const officeEffects = {
  'work_order.register': register,
  'work_order.edit': edit,
  'work_order.cancel': cancel,
  'work_order.close': close,
  'evidence.settle': settleEvidence,
  'conflict.settle': settleConflict,
  'review.settle': settleReview,
}
