/** Notes on a visit, by the engineer or the office. */
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { record } from './record'

/** The id of the note. */
export async function addNote(visit_id: Id, text: string): Promise<Id> {
  const id = newId()
  await record('note.add', { id, visit_id, text })
  return id
}

export const withdrawNote = (id: Id, reason?: string) => record('note.withdraw', { id, ...(reason && { reason }) })
