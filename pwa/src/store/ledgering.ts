/** Where each act and file of a visit is. Green only from the server's own words. */
import type { Id, ReviewItemBody } from '../protocol/nouns'
import type { StoredFile, UserDatabase } from './database'
import type { LedgerItem, OutboxEntry } from './types'

export async function ledgerOf(db: UserDatabase, visitId: Id): Promise<LedgerItem[]> {
  const [waiting, closed, files, settled] = await Promise.all([
    db.outbox.where('visitId').equals(visitId).toArray(),
    db.journal.where('visitId').equals(visitId).toArray(),
    db.files.where('visitId').equals(visitId).toArray(),
    settledReviews(db),
  ])
  const items = [
    ...closed.map((entry) => actItem(entry, 'verified', settled)),
    ...waiting.map((entry) => actItem(entry, entry.state === 'pending' ? 'phone' : 'server', settled)),
    ...files.map(fileItem),
  ]
  return items.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

/** Acts that needed a person, and that a person has decided about. */
export async function settledReviews(db: UserDatabase): Promise<ReadonlySet<Id>> {
  const reviews = await db.rows.where('noun').equals('review_item').toArray()
  return new Set(reviews.map((row) => row.body as ReviewItemBody | null)
    .filter((item) => item?.state === 'resolved').map((item) => item!.act_id))
}

export function actItem(entry: OutboxEntry, where: LedgerItem['where'], settled: ReadonlySet<Id>): LedgerItem {
  const [noun = entry.act.split('.')[0]!, id = entry.id] = entry.touches[0]?.split(':') ?? []
  const item: LedgerItem = { key: `act:${entry.id}`, noun, id, label: `ledger.${entry.act}`, at: entry.at, where }
  const refused = entry.outcome === 'parked' || entry.outcome === 'rejected'
  return refused && !settled.has(entry.id) ? { ...item, where: 'attention', code: entry.code ?? entry.outcome! } : item
}

const PLACES: Record<StoredFile['state'], LedgerItem['where']> = {
  waiting: 'phone', uploading: 'phone', stored: 'server', verified: 'verified', stuck: 'attention',
}

export function fileItem(file: StoredFile): LedgerItem {
  const item: LedgerItem = {
    key: `file:${file.attachmentId}`, noun: 'attachment', id: file.attachmentId, label: `ledger.file.${file.purpose}`,
    at: file.addedAt, where: PLACES[file.state],
  }
  if (file.error && file.state === 'stuck') item.code = file.error
  if (file.state === 'uploading') item.progress = { sent: file.offset, size: file.size }
  return item
}
