/** What a person does to their own assessment, on the phone. */
import { changed } from './born'
import type { Effect } from './view'

const object: Effect<'assessment.object'> = async (act, view, actor) => {
  const { id, text, line_ids = [] } = act.args
  const row = await view.get('assessment', id)
  if (row?.body.user_id !== actor.userId || row.body.state !== 'confirmed') return []
  return [changed(row, { state: 'objected', objection: { text, line_ids, at: act.at } })]
}

export const ownAssessmentEffects = { 'assessment.object': object }
