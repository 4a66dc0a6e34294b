/** The service report: signed by a person, or waived with a reason. */
import type { SignArgs } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { now } from '../store/clock'
import { dropUndeclared, keepBytes } from '../store/keeping'
import { MAX_PHOTO_BYTES, priorityOf } from './attachment'
import { recordTogether } from './record'

export interface Signing extends Omit<SignArgs, 'id' | 'image_id'> {
  /** The picture of the strokes, as `image/png`. */
  png: Blob
}

/** The picture and the signature travel as one group: neither counts without the other. Gives the signature's id. */
export async function signReport({ png, ...signing }: Signing): Promise<Id> {
  const id = newId()
  const image_id = newId()
  const { sha256, size } = await keepBytes(png, MAX_PHOTO_BYTES)
  const file = { sha256, size, mime: 'image/png', attachmentId: image_id, purpose: 'signature' as const,
    priority: priorityOf('signature', size) }
  try {
    await recordTogether([
      { act: 'attachment.add', args: { id: image_id, visit_id: signing.visit_id, sha256, size, mime: 'image/png',
        purpose: 'signature', taken_at: now() } },
      { act: 'report.sign', args: { ...signing, id, image_id } },
    ], { files: [file] })
  } catch (error) {
    await dropUndeclared(sha256)
    throw error
  }
  return id
}

/** The id of the waiver. */
export async function waiveSignature(visit_id: Id, reason: string, note?: string): Promise<Id> {
  const id = newId()
  await recordTogether([{ act: 'report.waive', args: { id, visit_id, reason, ...(note && { note }) } }])
  return id
}
