/** What closing a month does to the rows of this desk. */
import { born, changed } from './born'
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

export const closingEffects = { 'monthly_report.write': write, 'monthly_report.approve': approve }
