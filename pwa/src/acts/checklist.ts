/** Filling a checklist. Answers are appended, the last per item counts. */
import type { Args } from '../protocol/acts'
import { inOrder, standing } from '../protocol/answers'
import type { View } from '../protocol/effects/view'
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
  await record('checklist.answer', answering({ id, run_id, item_id, value, ...(note && { note }) }))
  return id
}

/**
 * An answer stands over those this phone holds at the moment it is given, and over no other: what another phone says
 * meanwhile contradicts it, and is shown beside it.
 */
export const answering = (args: Omit<Args['checklist.answer'], 'over'>) => async (view: View): Promise<Args['checklist.answer']> => {
  const rows = (await view.find('checklist_answer', 'run_id', args.run_id)).filter((row) => row.body.item_id === args.item_id)
  return { ...args, over: standing(inOrder(rows.map((row) => ({ ...row.body, id: row.id })))).map((row) => row.id) }
}

export const completeChecklist = (run_id: Id) => record('checklist.complete', { run_id })
export const reopenChecklist = (run_id: Id) => record('checklist.reopen', { run_id })
/** Goes on by a newer version, after the person saw what it asks otherwise. */
export const upgradeChecklist = (run_id: Id, version_id: Id) => record('checklist.upgrade', { run_id, version_id })

/** Somebody stands at a point; the code says which, or they pick it. */
export async function provePresence(args: Omit<Args['presence.prove'], 'id'>): Promise<void> {
  await record('presence.prove', { id: newId(), ...args })
}
