/** The product's promise for a whole day: every act and file of it, and where each is. */
import type { Ref } from 'vue'
import type { Id, Instant } from '../protocol/nouns'
import type { UserDatabase } from './database'
import { useLive } from './live'
import { actItem, fileItem, settledReviews } from './ledgering'
import type { LedgerItem } from './types'

export interface DayItem extends LedgerItem { visitId: Id | null }

/** What was done from `from` to `to`, and whatever older still waits: it is not less unfinished for being old. */
export async function dayLedgerOf(db: UserDatabase, from: Instant, to: Instant): Promise<DayItem[]> {
  const [waiting, closed, files, settled] = await Promise.all([
    db.outbox.toArray(), db.journal.where('closedAt').aboveOrEqual(from).toArray(), db.files.toArray(), settledReviews(db),
  ])
  const within = (at: Instant) => at >= from && at < to
  const items: DayItem[] = [
    ...closed.filter(({ at }) => within(at)).map((entry) => ({ ...actItem(entry, 'verified', settled), visitId: entry.visitId })),
    ...waiting.map((entry) => ({ ...actItem(entry, entry.state === 'pending' ? 'phone' : 'server', settled), visitId: entry.visitId })),
    ...files.map((file) => ({ ...fileItem(file), visitId: file.visitId })).filter((item) => within(item.at) || item.where !== 'verified'),
  ]
  return items.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

export function useDayLedger(day: () => { from: Instant; to: Instant }): Readonly<Ref<DayItem[] | undefined>> {
  return useLive(({ db }) => {
    const { from, to } = day()
    return () => dayLedgerOf(db, from, to)
  })
}
