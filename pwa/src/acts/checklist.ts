/** Filling a checklist. Answers are appended, the last per item counts. */
import { newId } from '../protocol/ids'
import type { AnswerValue, Id } from '../protocol/nouns'
import { record } from './record'

/** The id of the run. Starting a version that already has a run on this visit gives that run back. */
export async function startChecklist(visit_id: Id, version_id: Id): Promise<Id> {
  let id = newId()
  await record('checklist.start', async (view) => {
    const running = (await view.find('checklist_run', 'visit_id', visit_id))
      .find((run) => run.body.version_id === version_id && !run.body.withdrawn)
    if (running) {
      id = running.id
      return null
    }
    return { id, visit_id, version_id }
  })
  return id
}

/** The id of the answer. A photo's answer names attachments added before with `addPhotos(…, 'answer', …)`. */
export async function answerItem(run_id: Id, item_id: string, value: AnswerValue, note?: string): Promise<Id> {
  const id = newId()
  await record('checklist.answer', { id, run_id, item_id, value, ...(note && { note }) })
  return id
}

export const completeChecklist = (run_id: Id) => record('checklist.complete', { run_id })
