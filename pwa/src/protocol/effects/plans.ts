/** What the acts on maintenance plans do to the rows of this desk. What a plan makes, only the server makes. */
import type { MaintenancePlanBody, OccurrenceState } from '../plans'
import { born, changed } from './born'
import type { Effect } from './view'

const OPEN: readonly OccurrenceState[] = ['due', 'missed']

const set: Effect<'plan.set'> = async (act, view, actor) => {
  const { id, ...said } = act.args
  const known = await view.get('maintenance_plan', id)
  const blank = { ends_on: null, window_days: 7, checklist_codes: [], team_id: null, lead_id: null, active: true, note: '' }
  const body: MaintenancePlanBody = { ...born(act, actor), ...known?.body, ...blank, ...said }
  return [{ noun: 'maintenance_plan', id, scope: 'office', body }]
}

const makeVisit: Effect<'occurrence.make_visit'> = async (act, view) => {
  const rows = await Promise.all(act.args.occurrence_ids.map((id) => view.get('plan_occurrence', id)))
  return rows.flatMap((row) => (row && OPEN.includes(row.body.state) && !row.body.work_order_id
    ? [changed(row, { state: row.body.state === 'due' ? 'visit_made' : row.body.state, work_order_id: act.args.id })] : []))
}

const excuse: Effect<'occurrence.excuse'> = async (act, view, actor) => {
  const row = await view.get('plan_occurrence', act.args.id)
  if (!row || !OPEN.includes(row.body.state) || row.body.work_order_id) return []
  return [changed(row, { state: 'excused', reason: act.args.reason, decided_by: actor.userId })]
}

const recordDone: Effect<'occurrence.record'> = async (act, view, actor) => {
  const row = await view.get('plan_occurrence', act.args.id)
  if (!row || !OPEN.includes(row.body.state) || row.body.work_order_id) return []
  return [changed(row, { state: 'done', done_on: act.args.done_on, reason: act.args.reason, decided_by: actor.userId })]
}

/** By this device's calendar; the server's decides. */
const restore: Effect<'occurrence.restore'> = async (act, view) => {
  const row = await view.get('plan_occurrence', act.args.id)
  if (!row || row.body.work_order_id || !row.body.decided_by) return []
  const state = row.body.closes_on < act.at.slice(0, 10) ? 'missed' : 'due'
  return [changed(row, { state, done_on: null, reason: '', decided_by: null })]
}

export const planEffects = {
  'plan.set': set, 'occurrence.make_visit': makeVisit, 'occurrence.excuse': excuse, 'occurrence.record': recordDone, 'occurrence.restore': restore,
}
