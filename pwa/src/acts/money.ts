/** Quotation, consent, payment, and the papers that stay with the customer. Each resolves when it is on this device. */
import type { ChargeArgs, SlipArgs } from '../protocol/field_acts'
import { newId } from '../protocol/ids'
import type { Day, Id, Strokes } from '../protocol/nouns'
import { contentHash, type ReportContent } from '../protocol/report'
import { now } from '../store/clock'
import { dropUndeclared, keepBytes } from '../store/keeping'
import { MAX_PHOTO_BYTES, priorityOf } from './attachment'
import { declared, type KeptPhoto } from './defect'
import { record, recordTogether } from './record'

/** A customer's hand under a paper. */
export interface Ink { signer: string; strokes: Strokes; png: Blob }

/** The picture of a signature: its bytes, the act that declares it and the file that travels, as one group with `with`. */
async function signed(visit_id: Id, { png }: Ink, parent: { noun: string; id: Id }, act: (image_id: Id) => Parameters<typeof recordTogether>[0][number]): Promise<void> {
  const image_id = newId()
  const { sha256, size } = await keepBytes(png, MAX_PHOTO_BYTES)
  const file = { sha256, size, mime: 'image/png', attachmentId: image_id, purpose: 'signature' as const, priority: priorityOf('signature', size) }
  try {
    await recordTogether([
      { act: 'attachment.add', args: { id: image_id, visit_id, sha256, size, mime: 'image/png', purpose: 'signature', taken_at: now(), parent_noun: parent.noun, parent_id: parent.id } },
      act(image_id),
    ], { files: [file] })
  } catch (error) {
    await dropUndeclared(sha256)
    throw error
  }
}

const pictures = (photos: readonly KeptPhoto[], visit_id: Id, parent_noun: string, parent_id: Id, caption: string) =>
  photos.map((photo) => declared(photo, { visit_id, parent_noun, parent_id }, caption))

/** The id of the quotation. `photos`: what proves misuse; their ids are in the content already. */
export async function makeQuotation(visit_id: Id, content: ReportContent, photos: readonly KeptPhoto[], caption: string): Promise<Id> {
  const id = newId()
  const shown = pictures(photos, visit_id, 'quotation', id, caption)
  await recordTogether([
    { act: 'quotation.make', args: { id, visit_id, content, content_hash: await contentHash(content) } }, ...shown.map(({ intent }) => intent),
  ], { files: shown.map(({ file }) => file) })
  return id
}

export const agreeQuotation = (id: Id, visit_id: Id, content_hash: string, ink: Ink): Promise<void> =>
  signed(visit_id, ink, { noun: 'quotation', id }, (image_id) =>
    ({ act: 'quotation.agree', args: { id, visit_id, content_hash, signer: ink.signer, strokes: ink.strokes, image_id } }))

export const declineQuotation = (id: Id, visit_id: Id, note?: string) => record('quotation.decline', { id, visit_id, ...(note && { note }) })
export const withdrawQuotation = (id: Id) => record('quotation.withdraw', { id })

export async function recordCharge(args: Omit<ChargeArgs, 'id'>): Promise<Id> {
  const id = newId()
  await record('charge.record', { ...args, id })
  return id
}
export const withdrawCharge = (id: Id) => record('charge.withdraw', { id })

/** The id of the slip; its picture, if any, goes with it. */
export async function leaveSlip(args: Omit<SlipArgs, 'id'>, photos: readonly KeptPhoto[], caption: string): Promise<Id> {
  const id = newId()
  const shown = pictures(photos, args.visit_id, 'message_slip', id, caption)
  await recordTogether([{ act: 'slip.leave', args: { ...args, id } }, ...shown.map(({ intent }) => intent)], { files: shown.map(({ file }) => file) })
  return id
}
export const withdrawSlip = (id: Id) => record('slip.withdraw', { id })

export async function takeToWorkshop(visit_id: Id, content: ReportContent, asset_id: Id | null, expected_on: Day | null, ink: Ink): Promise<Id> {
  const id = newId()
  const content_hash = await contentHash(content)
  await signed(visit_id, ink, { noun: 'custody', id }, (image_id) => ({
    act: 'custody.take', args: { id, visit_id, content, content_hash, asset_id, expected_on, signer: ink.signer, strokes: ink.strokes, image_id },
  }))
  return id
}

export const withdrawCustody = (id: Id) => record('custody.withdraw', { id })

export async function giveBack(id: Id, visit_id: Id, content: ReportContent, ink: Ink): Promise<void> {
  const content_hash = await contentHash(content)
  await signed(visit_id, ink, { noun: 'custody', id }, (image_id) =>
    ({ act: 'custody.return', args: { id, visit_id, content, content_hash, signer: ink.signer, strokes: ink.strokes, image_id } }))
}
