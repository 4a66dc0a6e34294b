/** What those who decide about people do to the sheets on this desk. What a month suggests only the server knows. */
import lifecycles from '@rules/lifecycles.json'
import type { AssessmentArgs, AssessmentBody, AssessmentItemBody, AssessmentLine, AssessmentState } from '../assessment_nouns'
import { totalOf } from '../assessment_nouns'
import type { Act } from '../acts'
import { born, changed } from './born'
import type { Actor, Effect, View } from './view'

const moved = (state: AssessmentState, act: string): AssessmentState | null =>
  (lifecycles.assessment.transitions.find((one) => one.act === act && one.from.includes(state))?.to as AssessmentState | undefined) ?? null

const withLines = (lines: AssessmentLine[]): Partial<AssessmentBody> => ({ lines, total: totalOf(lines) })

/** A sheet of somebody else's, in a state the act may leave. */
const step = <A extends 'assessment.confirm' | 'assessment.settle' | 'assessment.approve'>(more: (act: Act<A>, actor: Actor) => Partial<AssessmentBody>): Effect<A> =>
  async (act, view, actor) => {
    const row = await view.get('assessment', act.args.id)
    const state = row && row.body.user_id !== actor.userId ? moved(row.body.state, act.act) : null
    return row && state ? [changed(row, { state, ...more(act, actor) })] : []
  }

async function decidable(view: View, id: string, actor: Actor) {
  const row = await view.get('assessment', id)
  return row && row.body.user_id !== actor.userId && lifecycles.assessment.decided_in.includes(row.body.state) ? row : null
}

const decide: Effect<'assessment.decide'> = async (act, view, actor) => {
  const { id, line_id, decision, points, note = '' } = act.args
  const row = await decidable(view, id, actor)
  if (!row) return []
  const state = ({ keep: 'kept', change: 'changed', drop: 'dropped' } as const)[decision]
  return [changed(row, withLines(row.body.lines.map((line) => (line.id === line_id
    ? { ...line, state, points: decision === 'change' ? (points ?? line.points) : line.points, by: actor.userId, at: act.at, note } : line))))]
}

const addLine: Effect<'assessment.add_line'> = async (act, view, actor) => {
  const { id, line_id, item, points, reason, work_order_id } = act.args
  const row = await decidable(view, id, actor)
  if (!row || row.body.lines.some((line) => line.id === line_id)) return []
  const order = work_order_id ? await view.get('work_order', work_order_id) : undefined
  const evidence = order ? {
    kind: 'order', noun: 'work_order', id: order.id, work_order_id: order.id, visit_id: null, number: order.body.number ?? '', text: order.body.title, at: order.body.reported_at,
  } : null
  const line: AssessmentLine = { id: line_id, item, points, count: 1, origin: 'added', state: 'kept', reason, evidence, by: actor.userId, at: act.at, note: '' }
  return [changed(row, withLines([...row.body.lines, line]))]
}

const putItem: Effect<'assessment_item.put'> = async (act, view, actor) => {
  const { id, code, name, name_en = '', mild, grave, per = 'each', evidence = null, sort = 0, active = true } = act.args
  const was = (await view.get('assessment_item', id))?.body ?? born(act, actor)
  const body: AssessmentItemBody = { ...was, code, name, name_en, mild, grave, per, evidence, sort, active }
  return [{ noun: 'assessment_item', id, scope: 'ref', body }]
}

const nothing = async () => []

export const assessmentEffects: { [A in Exclude<keyof AssessmentArgs, 'assessment.object'>]: Effect<A> } = {
  'assessment_item.put': putItem,
  'assessment.suggest': nothing,
  'assessment.decide': decide,
  'assessment.add_line': addLine,
  'assessment.confirm': step<'assessment.confirm'>((act, actor) => ({ confirmed_by: actor.userId, confirmed_at: act.at })),
  'assessment.settle': step<'assessment.settle'>((act, actor) => ({ settled: { by: actor.userId, at: act.at, note: act.args.note } })),
  'assessment.approve': step<'assessment.approve'>((act, actor) => ({ approved_by: actor.userId, approved_at: act.at })),
  'assessment.export': nothing,
}
