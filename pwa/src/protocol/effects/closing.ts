/** What closing a month does to the rows of this desk. */
import { nextOfWorkOrder } from '../lifecycle'
import { born, changed, eventOf } from './born'
import type { Effect } from './view'

const write: Effect<'monthly_report.write'> = async (act, view, actor) => {
  const { id, month, analysis, improvements = '' } = act.args
  const words = { analysis, improvements, written_by: actor.userId, written_at: act.at, approved_by: null, approved_at: null }
  const known = await view.get('monthly_report', id)
  return [known ? changed(known, words) : { noun: 'monthly_report', id, scope: 'office', body: { ...born(act, actor), month, ...words } }]
}

const approve: Effect<'monthly_report.approve'> = async (act, view, actor) => {
  const row = await view.get('monthly_report', act.args.id)
  return row ? [changed(row, { approved_by: actor.userId, approved_at: act.at })] : []
}

const callBack: Effect<'call_back.record'> = async (act, view, actor) => {
  const { id, work_order_id, visit_id, mode, speed, solution, attitude, words = '', by_name = '', close } = act.args
  const order = await view.get('work_order', work_order_id)
  const survey = { ...born(act, actor), work_order_id, visit_id, mode, speed, solution, attitude, words, by_name }
  const state = close && order ? nextOfWorkOrder(order.body.state, 'work_order.close') : null
  return [
    { noun: 'survey', id, scope: `wo:${work_order_id}`, body: survey },
    eventOf(act, actor, work_order_id, visit_id, { mode, speed, solution, attitude }),
    ...(order && state ? [changed(order, { state, due_at: null })] : []),
  ]
}

export const closingEffects = {
  'call_back.record': callBack, 'monthly_report.write': write, 'monthly_report.approve': approve }
