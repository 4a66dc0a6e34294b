/** Photos and other files: the bytes are durable on this device before the act says they exist. */
import { newId } from '../protocol/ids'
import type { Id, Place, Purpose } from '../protocol/nouns'
import { now } from '../store/clock'
import { durably } from '../store/connection'
import { currentStore } from '../store/current'
import { dropUndeclared, keepBytes } from '../store/keeping'
import { requestSync } from '../store/signal'
import { record } from './record'

export interface PhotoOptions {
  caption?: string
  place?: Place
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
  const id = newId()
  const { sha256, size } = await keepBytes(file, MAX_PHOTO_BYTES)
  const mime = file.type || 'application/octet-stream'
  try {
    await record('attachment.add', {
      id, visit_id, sha256, size, mime, purpose, taken_at: takenAt(file),
      ...(options.caption && { caption: options.caption }),
      ...(options.place && { place: options.place }),
      ...(options.parent && { parent_noun: options.parent.noun, parent_id: options.parent.id }),
    }, { files: [{ sha256, size, mime, attachmentId: id, purpose, priority: priorityOf(purpose, size) }] })
  } catch (error) {
    await dropUndeclared(sha256)
    throw error
  }
  return id
}

export const priorityOf = (purpose: Purpose, size: number) =>
  PRIORITY[purpose] ?? (size <= SMALL_FILE_BYTES ? 5 : 1)

/** A camera's file carries when it was taken; a blob of ours is taken now. */
function takenAt(file: Blob): string {
  return file instanceof File && file.lastModified > 0 ? new Date(file.lastModified).toISOString() : now()
}

/** Offers a file again that had stepped aside, such as after its slot was adopted or the server was repaired. */
export async function retryUpload(attachmentId: Id): Promise<void> {
  const { db } = currentStore()
  await durably(db, () => db.files.where({ attachmentId, state: 'stuck' })
    .modify({ state: 'waiting', error: null, uploadUrl: null, tries: 0 }))
  requestSync()
}

export const withdrawAttachment = (id: Id, reason?: string) =>
  record('attachment.withdraw', { id, ...(reason && { reason }) })
