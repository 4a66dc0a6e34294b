/** Intake: customers' reports, owners, links for customers, what people choose from, and who looked at what. */
import type { PutEntryArgs, RegisterArgs } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id, Instant, LinkKind } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { declared, type KeptPhoto } from './defect'
import { answered } from './office'
import { record, recordTogether } from './record'

/** A work order with the pictures the customer sent by other ways: all of it or nothing. Gives its id. */
export async function registerWithPhotos(args: Omit<RegisterArgs, 'id'>, photos: readonly KeptPhoto[]): Promise<Id> {
  const id = newId()
  const pictures = photos.map((photo) => declared(photo, { work_order_id: id }, args.title))
  await recordTogether([{ act: 'work_order.register', args: { ...args, id } }, ...pictures.map(({ intent }) => intent)],
    { files: pictures.map(({ file }) => file) })
  requestSync()
  return id
}

export async function mergeReport(id: Id, into_id: Id, note?: string): Promise<void> {
  await record('customer_report.merge', { id, into_id, ...(note && { note }) })
  requestSync()
}
export async function declineReport(id: Id, reason: string): Promise<void> {
  await record('customer_report.decline', { id, reason })
  requestSync()
}

export async function handOver(id: Id, to_id: Id, note?: string): Promise<void> {
  await record('work_order.hand_over', { id, to_id, ...(note && { note }) })
  requestSync()
}
export async function takeOver(id: Id): Promise<void> {
  await record('work_order.take_over', { id })
  requestSync()
}
export async function refuseOver(id: Id, reason: string): Promise<void> {
  await record('work_order.refuse_over', { id, reason })
  requestSync()
}

/** The link's id; its address is the server's to tell. */
export async function makeLink(work_order_id: Id, kind: LinkKind, visit_id?: Id | null): Promise<Id> {
  const id = newId()
  await record('link.make', { id, work_order_id, kind, ...(visit_id && kind !== 'status' && { visit_id }) })
  requestSync()
  return id
}
export async function revokeLink(id: Id): Promise<void> {
  await record('link.revoke', { id })
  requestSync()
}

export interface LinkAddress { url: string; qr: string }
export const linkAddress = async (id: Id | 'report-form'): Promise<LinkAddress> => (await answered(`/api/links/${id}`)).json() as Promise<LinkAddress>

export async function putEntry(entry: PutEntryArgs): Promise<void> {
  await record('catalogue.put', entry)
  requestSync()
}

export interface AccessLine { id: Id; at: Instant; user_id: Id; user_name: string; noun: string; row_id: Id; reason: string }
/** Who looked at masked contacts, when and why. */
export const accessLog = async (): Promise<AccessLine[]> => (await answered('/api/access-log')).json() as Promise<AccessLine[]>
