/**
 * The number line of this device. A line is shared by two devices when a storage was cloned, closed when a device is
 * revoked, and broken when a restored server waits for a number that nobody has any more: then what was not answered
 * goes on under a line of its own. Ids stay, because they say what an act is.
 */
import type { Id } from '../protocol/nouns'
import { atomically } from './connection'
import type { JournalEntry, Tables, Tokens, UserDatabase } from './database'
import { readMeta, writeMeta } from './meta'
import type { OutboxEntry } from './types'

const UNANSWERED = { state: 'pending', outcome: null, rev: null, code: null, detail: null } as const

/**
 * Unsent acts get the numbers 1, 2, 3 … of the device's new line. What was answered on a former line keeps its order
 * below zero, where no server is ever told of it again, unless that server lost it (`offerFormerLines`). If the line
 * was not proven since a restore (`epoch`: of the answer that gave the new one), all of it may be lost and goes again.
 */
export async function beginLine(database: UserDatabase, deviceId: Id, tokens: Tokens, epoch: string | null): Promise<void> {
  await atomically(database, ['outbox', 'journal', 'meta'], async (db) => {
    if ((await readMeta(db, 'deviceId')) === deviceId) return
    const restored = epoch !== null && epoch !== ((await readMeta(db, 'epoch')) ?? epoch)
    if (restored || (await readMeta(db, 'proving')) != null) await unanswer(db, await db.journal.toArray())
    const [entries, closed] = await Promise.all([db.outbox.orderBy('n').toArray(), db.journal.orderBy('n').toArray()])
    const unsent = entries.filter((entry) => entry.state === 'pending')
    const below = Math.max(0, ...entries.map((entry) => entry.n), ...closed.map((entry) => entry.n)) + 1
    const answered = entries.filter((entry) => entry.state === 'answered')
    await db.outbox.clear()
    await db.journal.clear()
    await db.journal.bulkAdd(closed.map((entry) => ({ ...entry, n: entry.n - below })))
    await db.outbox.bulkAdd([
      ...answered.map((entry) => ({ ...entry, n: entry.n - below })),
      ...unsent.map((entry, i) => ({ ...entry, n: i + 1, tries: 0 })),
    ])
    await writeMeta(db, { deviceId, tokens, lastN: unsent.length, acknowledgedN: 0, lineClosed: false, proving: null })
  })
}

/** Acts that were pulled, or only answered, wait for an answer again under the numbers they have. */
async function unanswer(db: Tables, closed: readonly JournalEntry[]): Promise<void> {
  await db.outbox.where('state').equals('answered').modify(UNANSWERED)
  await db.outbox.bulkPut(closed.map(({ closedAt: _, ...entry }) => ({ ...entry, ...UNANSWERED })))
  await db.journal.bulkDelete(closed.map((entry) => entry.n))
}

/**
 * After a restore: the newest answered act that the server still counts is asked about again. Had a clone of this
 * storage taken its number meanwhile, all that was answered here might be lost, and nothing else would tell.
 */
export async function proveLine(db: Tables, last: number): Promise<void> {
  const closed = await db.journal.where('n').between(1, last, true, true).last()
  const counted = db.outbox.where('n').between(1, last, true, true)
  const answered = await counted.and(({ state }) => state === 'answered').last()
  const newest = Math.max(closed?.n ?? 0, answered?.n ?? 0)
  await writeMeta(db, { proving: newest || null })
  await unanswer(db, closed && closed.n === newest ? [closed] : [])
}

/**
 * Whether the server waits for a number this device has not any more, because a backup older than the journal was restored.
 * `last`: the number up to which it has answered. It will never take what waits here, so only another line can go on.
 */
export async function beyondReach(db: Tables, last: number): Promise<boolean> {
  const [first] = await db.outbox.where('state').equals('pending').sortBy('n')
  return first !== undefined && first.n > last + 1
}

/** A server restored from a backup may have lost acts of former lines: they go again, under numbers of this one. */
export async function offerFormerLines(db: Tables): Promise<void> {
  const closed: JournalEntry[] = await db.journal.where('n').below(0).sortBy('n')
  const answered: OutboxEntry[] = await db.outbox.where('n').below(0).sortBy('n')
  const former = [...closed.map(({ closedAt: _, ...entry }) => entry), ...answered]
  if (!former.length) return
  const last = (await db.outbox.orderBy('n').last())?.n ?? 0
  const from = Math.max((await readMeta(db, 'lastN')) ?? 0, last) + 1
  await db.journal.where('n').below(0).delete()
  await db.outbox.where('n').below(0).delete()
  await db.outbox.bulkAdd(former.map((entry, i) => ({ ...entry, ...UNANSWERED, n: from + i })))
  await writeMeta(db, { lastN: from + former.length - 1 })
}
