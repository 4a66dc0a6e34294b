/** Defects: what failed, what was done about it, and the ticket that puts it right. Each is one group: all or none. */
import type { TicketArgs } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { AnswerValue, Id, Severity } from '../protocol/nouns'
import { keepBytes } from '../store/keeping'
import { prepared } from '../store/preparing'
import { answering } from './checklist'
import { MAX_PHOTO_BYTES, priorityOf } from './attachment'
import { recordTogether } from './record'

/** A picture whose bytes are on this device already; the act that says so may come minutes and a killed page later. */
export interface KeptPhoto { id: Id; sha256: string; size: number; mime: string; taken_at: string }

export async function keepPhoto(file: Blob): Promise<KeptPhoto> {
  const { blob, mime, takenAt } = await prepared(file)
  const { sha256, size } = await keepBytes(blob, MAX_PHOTO_BYTES)
  return { id: newId(), sha256, size, mime, taken_at: takenAt }
}

/** The act that declares a kept picture, and the file that will travel. */
export function declared(photo: KeptPhoto, where: { visit_id?: Id; work_order_id?: Id; parent_noun?: string; parent_id?: Id }, caption: string) {
  const { id, sha256, size, mime, taken_at } = photo
  const purpose = where.parent_noun === 'defect' ? ('answer' as const) : ('site' as const)
  return {
    intent: { act: 'attachment.add' as const, args: { id, ...where, sha256, size, mime, purpose, taken_at, ...(caption && { caption }) } },
    file: { sha256, size, mime, attachmentId: id, purpose, priority: priorityOf(purpose, size) },
  }
}

export type Handling = { how: 'fix'; done: string } | { how: 'order'; ticket: TicketArgs } | { how: 'open' }

export interface Finding {
  visit_id: Id
  /** The item that failed; its answer is part of the group. */
  point: { run_id: Id; item_id: string; value: AnswerValue; note: string } | null
  asset_id: Id | null
  label: string
  severity: Severity
  text: string
  photos: readonly KeptPhoto[]
  handling: Handling
}

/** The id of the defect. The failed answer, the defect, its pictures and what is done about it, together. */
export async function findDefect({ visit_id, point, asset_id, label, severity, text, photos, handling }: Finding): Promise<Id> {
  const id = newId()
  const pictures = photos.map((photo) => declared(photo, { visit_id, parent_noun: 'defect', parent_id: id }, label))
  const answer = point && { id: newId(), run_id: point.run_id, item_id: point.item_id, value: point.value, ...(point.note && { note: point.note }) }
  await recordTogether([
    ...(answer ? [{ act: 'checklist.answer' as const, args: answering(answer) }] : []),
    { act: 'defect.open', args: {
      id, visit_id, severity, text, ...(asset_id && { asset_id }),
      ...(point ? { run_id: point.run_id, item_id: point.item_id } : { label }),
    } },
    ...pictures.map(({ intent }) => intent),
    ...handle(id, visit_id, handling),
  ], { files: pictures.map(({ file }) => file) })
  return id
}

function handle(id: Id, visit_id: Id, handling: Handling) {
  if (handling.how === 'fix') return [{ act: 'defect.fix' as const, args: { id, visit_id, ...(handling.done && { note: handling.done }) } }]
  if (handling.how === 'order') return [{ act: 'defect.raise' as const, args: { id, visit_id, order_id: newId(), ...handling.ticket } }]
  return []
}

/** Something is done about a defect that is open already. */
export async function handleDefect(id: Id, visit_id: Id, handling: Handling): Promise<void> {
  await recordTogether(handle(id, visit_id, handling))
}

/** Looked at again on this visit; a check's answer goes with it, so that the round and the defect never disagree. */
export async function verifyDefect(
  id: Id, visit_id: Id, result: 'passed' | 'failed', point: { run_id: Id; item_id: string; answer: boolean } | null,
): Promise<void> {
  const value = result === 'passed' ? 'ok' : 'fail'
  await recordTogether([
    ...(point?.answer ? [{ act: 'checklist.answer' as const, args: answering({ id: newId(), run_id: point.run_id, item_id: point.item_id, value }) }] : []),
    { act: 'defect.verify', args: { id, visit_id, result, ...(point && { run_id: point.run_id }) } },
  ])
}
