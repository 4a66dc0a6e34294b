/** Tickets from the field: brought by an engineer, taken by the office. */
import type { DraftArgs } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { declared, type KeptPhoto } from './defect'
import { record, recordTogether } from './record'

/** The id of the ticket, which is its name for ever; the number comes from the server. */
export async function bringTicket(said: Omit<DraftArgs, 'id'>, photos: readonly KeptPhoto[]): Promise<Id> {
  const id = newId()
  const pictures = photos.map((photo) => declared(photo, { work_order_id: id }, said.title))
  await recordTogether([{ act: 'work_order.draft', args: { ...said, id } }, ...pictures.map(({ intent }) => intent)],
    { files: pictures.map(({ file }) => file) })
  return id
}

export async function triageTicket(id: Id, level: 1 | 2 | 3, level_reason: string, note?: string): Promise<void> {
  await record('work_order.triage', { id, level, level_reason, ...(note && { note }) })
  requestSync()
}

export async function mergeOrder(id: Id, into_id: Id, note?: string): Promise<void> {
  await record('work_order.merge', { id, into_id, ...(note && { note }) })
  requestSync()
}
