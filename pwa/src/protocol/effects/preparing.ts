/** What estimating, preparing and the roster do to the rows of this device. */
import type { DutyShiftBody } from '../nouns'
import { isDone, isEnded, isGone } from '../lifecycle'
import { born, changed, eventOf } from './born'
import type { Effect } from './view'

const estimate: Effect<'work_order.estimate'> = async (act, view, actor) => {
  const { id, mode, people, minutes, parts, note } = act.args
  const order = await view.get('work_order', id)
  if (!order || isEnded(order.body.state)) return []
  const said = { mode, people, minutes, parts: parts ?? [], note: note ?? '' }
  const body = { ...order.body, estimate: { ...said, by: actor.userId, at: act.at } }
  return [{ ...order, body }, eventOf(act, actor, id, null, said)]
}

const prepare: Effect<'visit.prepare'> = async (act, view, actor) => {
  const { visit_id, brief, bring, helper_ids } = act.args
  const visit = await view.get('visit', visit_id)
  if (!visit || isDone(visit.body.state) || isGone(visit.body.state)) return []
  const body = { brief: brief ?? visit.body.brief, bring: bring ?? visit.body.bring ?? [], helper_ids: helper_ids ?? visit.body.helper_ids }
  return [changed(visit, body), eventOf(act, actor, visit.body.work_order_id, visit_id)]
}

const assign: Effect<'duty.assign'> = async (act, view, actor) => {
  const { id, vehicle, note, ...given } = act.args
  const known = await view.get('duty_shift', id)
  const body: DutyShiftBody = { ...born(act, actor), ...known?.body, ...given, vehicle: vehicle ?? '', note: note ?? '', removed: false }
  return [{ noun: 'duty_shift', id, scope: 'ref', body }]
}

const remove: Effect<'duty.remove'> = async (act, view) => {
  const shift = await view.get('duty_shift', act.args.id)
  return shift ? [{ ...shift, body: { ...shift.body, removed: true } }] : []
}

export const preparingEffects = { 'work_order.estimate': estimate, 'visit.prepare': prepare, 'duty.assign': assign, 'duty.remove': remove }
