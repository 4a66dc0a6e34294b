/** The outbox as the sync room sees it: what to send next, and what became of it. */
import type { PushAnswer } from '../protocol/wire'
import { ENVELOPE_BYTES, MAX_ACTS, MAX_BATCH_BYTES, dumpAct, sizeOf } from '../protocol/wire'
import { atomically } from './connection'
import type { Tables, UserDatabase } from './database'
import { enterEpoch } from './epoch'
import { readMeta, writeMeta } from './meta'
import type { OutboxEntry } from './types'

/** The journal keeps answered acts this long, so that a server restored from a backup gets back what it lost. */
const JOURNAL_MS = 30 * 24 * 3600_000

/** The oldest acts without a receipt that fit one request; a group goes whole. `one`: only the first act or group. */
export async function nextBatch(db: UserDatabase, one = false): Promise<OutboxEntry[]> {
  const waiting = await db.outbox.where('state').equals('pending').sortBy('n')
  const batch: OutboxEntry[] = []
  let bytes = ENVELOPE_BYTES
  for (const unit of units(waiting.slice(0, 2 * MAX_ACTS))) {
    const size = unit.reduce((sum, entry) => sum + sizeOf(dumpAct(entry)) + 1, 0)
    const full = batch.length + unit.length > MAX_ACTS || bytes + size > MAX_BATCH_BYTES
    if (batch.length && (full || one)) break
    batch.push(...unit)
    bytes += size
  }
  return batch
}

/** Neighbours of one group belong together. */
function units(entries: readonly OutboxEntry[]): OutboxEntry[][] {
  const result: OutboxEntry[][] = []
  for (const entry of entries) {
    const last = result.at(-1)
    if (entry.group !== null && last?.[0]?.group === entry.group) last.push(entry)
    else result.push([entry])
  }
  return result
}

/** Stores the receipts. True when the outbox is other than before: false twice in a row would be a loop. */
export async function acceptReceipts(database: UserDatabase, answer: PushAnswer): Promise<boolean> {
  return atomically(database, ['outbox', 'journal', 'meta', 'files'], async (db) => {
    const entered = await enterEpoch(db, answer.epoch, answer.last)
    let moved = (await sendAgainAfter(db, answer.last)) || entered
    const proving = await readMeta(db, 'proving')
    if (answer.receipts.some(({ n }) => n === proving)) await writeMeta(db, { proving: null })
    for (const { n, id, outcome, rev, code, detail } of answer.receipts) {
      const entry = await db.outbox.get(n)
      if (entry?.id !== id || entry.state === 'answered' || n > answer.last) continue
      await db.outbox.update(n, { state: 'answered', outcome, rev, code, detail })
      moved = true
    }
    await writeMeta(db, { acknowledgedN: answer.last })
    return moved
  })
}

/**
 * A server restored from a backup answers a lower number than it once acknowledged: everything above goes again, from
 * the journal too. True when something does. Inside the caller's transaction.
 */
export async function sendAgainAfter(db: Tables, last: number): Promise<boolean> {
  if (last >= ((await readMeta(db, 'acknowledgedN')) ?? 0)) return false
  const lost = await db.journal.where('n').above(last).toArray()
  const waiting = { state: 'pending', outcome: null, rev: null, code: null, detail: null } as const
  await db.outbox.where('n').above(last).modify(waiting)
  await db.outbox.bulkPut(lost.map(({ closedAt: _, ...entry }) => ({ ...entry, ...waiting })))
  await db.journal.bulkDelete(lost.map((entry) => entry.n))
  await writeMeta(db, { acknowledgedN: last })
  return true
}

/** Counts a try of the head of the queue, so that the status can say that something fails. */
export async function countTry(db: UserDatabase, batch: readonly OutboxEntry[]): Promise<void> {
  const head = batch[0]
  if (head) await db.outbox.update(head.n, { tries: head.tries + 1 })
}

export async function forgetOldJournal(db: UserDatabase, nowMs: number): Promise<void> {
  await db.journal.where('closedAt').below(new Date(nowMs - JOURNAL_MS).toISOString()).delete()
}
