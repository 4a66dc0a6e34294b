/** Photos and other files: the bytes are durable on this device before the act says they exist. */
import { newId } from '../protocol/ids'
import type { AttachmentBody, Id, Place, Purpose } from '../protocol/nouns'
import { now } from '../store/clock'
import { durably } from '../store/connection'
import { currentStore } from '../store/current'
import { dropUndeclared, keepBytes } from '../store/keeping'
import { prepared } from '../store/preparing'
import { requestSync } from '../store/signal'
import { record, recordTogether } from './record'

export interface PhotoOptions {
  caption?: string
  place?: Place
  /** When it was taken, where the file itself cannot say. */
  takenAt?: string
  /** The row the photo belongs to beside its visit, such as a part use or a checklist run. */
  parent?: { noun: string; id: Id }
}

/** Signature first, then small pictures, then originals: the higher goes first. */
const PRIORITY: Partial<Record<Purpose, number>> = { signature: 9 }
/** A file up to this many bytes goes before the large ones. */
const SMALL_FILE_BYTES = 200 * 1024
export const MAX_PHOTO_BYTES = 25 * 1024 * 1024

/** One act per photo, in the order given; resolves with their attachment ids when all are read back from disk. */
export async function addPhotos(
  visit_id: Id, files: readonly Blob[], purpose: Purpose, options: PhotoOptions = {},
): Promise<Id[]> {
  const ids: Id[] = []
  for (const file of files) ids.push(await addPhoto(visit_id, file, purpose, options))
  return ids
}

async function addPhoto(visit_id: Id, file: Blob, purpose: Purpose, options: PhotoOptions): Promise<Id> {
  const { intent, kept } = await keptPhoto(visit_id, file, purpose, options)
  try {
    await record(intent.act, intent.args, { files: [kept] })
  } catch (error) {
    await dropUndeclared(kept.sha256)
    throw error
  }
  return intent.args.id
}

/** The bytes are on the disk; what declares them is given back, for an act or for a group of them. */
async function keptPhoto(visit_id: Id, file: Blob, purpose: Purpose, options: PhotoOptions) {
  const id = newId()
  // What we draw ourselves, signatures above all, is kept as it was drawn.
  const { blob, mime, takenAt } = purpose === 'signature' ? { blob: file, mime: file.type, takenAt: now() } : await prepared(file)
  const { sha256, size } = await keepBytes(blob, MAX_PHOTO_BYTES)
  const args = {
    id, visit_id, sha256, size, mime, purpose, taken_at: options.takenAt ?? takenAt,
    ...(options.caption && { caption: options.caption }),
    ...(options.place && { place: options.place }),
    ...(options.parent && { parent_noun: options.parent.noun, parent_id: options.parent.id }),
  }
  const kept = { sha256, size, mime, attachmentId: id, purpose, priority: priorityOf(purpose, size) }
  return { intent: { act: 'attachment.add' as const, args }, kept }
}

/** Why a photo is withdrawn whose marked copy takes its place. */
export const BLURRED = 'blurred'

/**
 * A copy somebody drew on, linked to its original, with the original's time and place. The original stays as evidence,
 * or is withdrawn in the same group, as the person chooses who made faces or plates unrecognisable.
 */
export async function annotatePhoto(
  original: { id: Id; body: Pick<AttachmentBody, 'visit_id' | 'purpose' | 'taken_at' | 'place' | 'caption'> }, drawn: Blob, replace: boolean,
): Promise<Id> {
  const { visit_id, purpose, taken_at, place, caption } = original.body
  const { intent, kept } = await keptPhoto(visit_id!, drawn, purpose, {
    takenAt: taken_at, caption, parent: { noun: 'attachment', id: original.id }, ...(place && { place }),
  })
  const withdrawal = { act: 'attachment.withdraw' as const, args: { id: original.id, reason: BLURRED } }
  try {
    await recordTogether([intent, ...(replace ? [withdrawal] : [])], { files: [kept] })
  } catch (error) {
    await dropUndeclared(kept.sha256)
    throw error
  }
  return intent.args.id
}

export const priorityOf = (purpose: Purpose, size: number) =>
  PRIORITY[purpose] ?? (size <= SMALL_FILE_BYTES ? 5 : 1)

/** Offers a file again that had stepped aside, such as after its slot was adopted or the server was repaired. */
export async function retryUpload(attachmentId: Id): Promise<void> {
  const { db } = currentStore()
  await durably(db, () => db.files.where({ attachmentId, state: 'stuck' })
    .modify({ state: 'waiting', error: null, uploadUrl: null, tries: 0 }))
  requestSync()
}

export const withdrawAttachment = (id: Id, reason?: string) =>
  record('attachment.withdraw', { id, ...(reason && { reason }) })
