/** What intake's acts do to the rows of this device: customers' reports, owners, links, the catalogue. */
import { isEnded } from '../lifecycle'
import type { CatalogueEntryBody, CustomerReportBody } from '../nouns'
import { born, changed, eventOf } from './born'
import type { Change, Effect, View } from './view'

const HOURS = 3_600_000
const ANSWER_WITHIN_MS = 2 * HOURS
const LIFE_MS = { status: 180 * 24 * HOURS, sign: 7 * 24 * HOURS, rate: 30 * 24 * HOURS }

/** A report is decided once. */
export async function decided(view: View, id: string, body: Partial<CustomerReportBody>): Promise<Change[]> {
  const report = await view.get('customer_report', id)
  return report?.body.state === 'new' ? [changed(report, body)] : []
}

const mergeReport: Effect<'customer_report.merge'> = async (act, view, actor) => {
  const moved = await decided(view, act.args.id, { state: 'merged', work_order_id: act.args.into_id, decided_by: actor.userId })
  return moved.length ? [...moved, eventOf(act, actor, act.args.into_id, null, { report_id: act.args.id }, 'customer_report.merged')] : []
}

const decline: Effect<'customer_report.decline'> = (act, view, actor) =>
  decided(view, act.args.id, { state: 'declined', reason: act.args.reason, decided_by: actor.userId })

const handOver: Effect<'work_order.hand_over'> = async (act, view, actor) => {
  const { id, to_id, note } = act.args
  const order = await view.get('work_order', id)
  if (!order || isEnded(order.body.state)) return []
  const until = new Date(Date.parse(act.at) + ANSWER_WITHIN_MS).toISOString()
  const to = (await view.get('user', to_id))?.body.name ?? ''
  return [changed(order, { handover: { to_id, by_id: actor.userId, at: act.at, until, note: note ?? '' } }), eventOf(act, actor, id, null, { to, note: note ?? '' })]
}

const takeOver: Effect<'work_order.take_over'> = async (act, view, actor) => {
  const order = await view.get('work_order', act.args.id)
  if (order?.body.handover?.to_id !== actor.userId) return []
  return [changed(order, { owner_id: actor.userId, handover: null }), eventOf(act, actor, order.id, null, { to: actor.name })]
}

/** Who manages is the server's to say. */
const refuseOver: Effect<'work_order.refuse_over'> = async (act, view, actor) => {
  const order = await view.get('work_order', act.args.id)
  if (order?.body.handover?.to_id !== actor.userId) return []
  return [changed(order, { handover: null }), eventOf(act, actor, order.id, null, { reason: act.args.reason })]
}

const makeLink: Effect<'link.make'> = async (act, view, actor) => {
  const { id, work_order_id, visit_id, kind } = act.args
  if (await view.get('customer_link', id)) return []
  const expires_at = new Date(Date.parse(act.at) + LIFE_MS[kind]).toISOString()
  const body = { ...born(act, actor), work_order_id, visit_id: visit_id ?? null, kind, expires_at, used_at: null, revoked_at: null }
  return [{ noun: 'customer_link', id, scope: `wo:${work_order_id}`, body }, eventOf(act, actor, work_order_id, visit_id ?? null, { link: kind })]
}

const revokeLink: Effect<'link.revoke'> = async (act, view) => {
  const link = await view.get('customer_link', act.args.id)
  return link && !link.body.revoked_at ? [changed(link, { revoked_at: act.at })] : []
}

const putEntry: Effect<'catalogue.put'> = async (act, view, actor) => {
  const { id, ...said } = act.args
  const entry = await view.get('catalogue_entry', id)
  if (entry) return [changed(entry, said)]
  const body: CatalogueEntryBody = { ...born(act, actor), name_en: '', asset_class: '', sort: 0, active: true, ...said }
  return [{ noun: 'catalogue_entry', id, scope: 'ref', body }]
}

export const intakeEffects = {
  'customer_report.merge': mergeReport,
  'customer_report.decline': decline,
  'work_order.hand_over': handOver,
  'work_order.take_over': takeOver,
  'work_order.refuse_over': refuseOver,
  'link.make': makeLink,
  'link.revoke': revokeLink,
  'catalogue.put': putEntry,
}
