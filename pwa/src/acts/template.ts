/** Checklist templates: a draft becomes the next version, for every phone. */
import type { Args } from '../protocol/acts'
import type { ChecklistItem } from '../protocol/checklist'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { answered, type ImportProblem } from './office'
import { record } from './record'

/** Gives the id of the new version. */
export async function publishChecklist(said: Omit<Args['checklist.publish'], 'id'>): Promise<Id> {
  const id = newId()
  await record('checklist.publish', { ...said, id })
  requestSync()
  return id
}

export interface ReadSheets { sheets: { name: string; items: ChecklistItem[] }[]; faults: number; errors: ImportProblem[] }

/** A workbook of checklists, read by the server with the same eyes as the import; nothing is written. */
export async function readSheets(file: File): Promise<ReadSheets> {
  const form = new FormData()
  form.append('files', file, file.name)
  return (await (await answered('/api/import/checklists/read', { method: 'POST', body: form })).json()) as ReadSheets
}
