/** The service report: signed by a person, or waived with a reason. */
import type { SignArgs } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { now } from '../store/clock'
import { dropUndeclared, keepBytes } from '../store/keeping'
import { MAX_PHOTO_BYTES, priorityOf } from './attachment'
import { declared, type KeptPhoto } from './defect'
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

/** A person who saw that nobody would sign, and says so with their own name. */
export type Witness = Pick<SignArgs, 'name' | 'content' | 'content_hash' | 'strokes'> & { png: Blob }

/** The id of the waiver. Its pictures and its witness come with it, all or none. */
export async function waiveSignature(
  visit_id: Id, reason: string, note?: string, photos: readonly KeptPhoto[] = [], witness: Witness | null = null,
): Promise<Id> {
  const id = newId()
  const pictures = photos.map((photo) => declared(photo, { visit_id, parent_noun: 'waiver', parent_id: id }, note ?? ''))
  const image_id = newId()
  const kept = witness && await keepBytes(witness.png, MAX_PHOTO_BYTES)
  const image = kept && { ...kept, mime: 'image/png', purpose: 'signature' as const }
  const signed = witness && { name: witness.name, content: witness.content, content_hash: witness.content_hash, strokes: witness.strokes }
  await recordTogether([
    ...pictures.map(({ intent }) => intent),
    ...(image && signed ? [
      { act: 'attachment.add' as const, args: { id: image_id, visit_id, ...image, taken_at: now() } },
      { act: 'report.sign' as const, args: { id: newId(), visit_id, role: 'witness' as const, image_id, ...signed } },
    ] : []),
    { act: 'report.waive', args: { id, visit_id, reason, ...(note && { note }) } },
  ], { files: [...pictures.map(({ file }) => file), ...(image ? [{ ...image, attachmentId: image_id, priority: priorityOf('signature', image.size) }] : [])] })
  return id
}
