/**
 * A pulled page comes in: rows, scopes left, answered acts and the cookie in one transaction, because a cookie saved
 * before its rows skips them for ever, and an act that leaves before its effect is there makes the screen flicker.
 */
import type { PullAnswer, WireRow } from '../protocol/wire'
import { atomically } from './connection'
import type { Store } from './current'
import { keyOf, refsOf, type StoredRow, type Tables } from './database'
import { enterEpoch } from './epoch'
import { readMeta, writeMeta } from './meta'
import { Overlay } from './overlay'
import { replay, resetDirty } from './rebase'
import { sendAgainAfter } from './receipts'
import type { OutboxEntry } from './types'
import { followFiles } from './verifying'

export async function applyPull(store: Store, answer: PullAnswer, at: string): Promise<void> {
  await atomically(store.db, ['rows', 'outbox', 'journal', 'meta', 'files'], async (db) => {
    await enterEpoch(db, answer.epoch, answer.last)
    await sendAgainAfter(db, answer.last)
    await closeAnswered(db, answer.rev, at)
    const entries = await db.outbox.orderBy('n').toArray()
    const overlay = new Overlay(db)
    if (answer.reset) await throwAwayPulled(db, overlay, entries)
    await resetDirty(db, overlay)
    await putRows(overlay, answer.rows)
    await overlay.flush()
    const entered = new Set(answer.entered)
    const left = answer.left.filter(({ scope }) => !entered.has(scope))
    await letGo(db, overlay, entries, left, answer.complete)
    await replay(store, db, overlay, entries)
    await overlay.flush()
    await followFiles(db, answer.rows, at)
    await remember(db, answer)
  })
}

async function remember(db: Tables, answer: PullAnswer): Promise<void> {
  const before = answer.reset ? 0 : ((await readMeta(db, 'pulledRows')) ?? 0)
  const complete = answer.complete || (!answer.reset && ((await readMeta(db, 'firstSyncComplete')) ?? false))
  await writeMeta(db, {
    cookie: answer.cookie, firstSyncComplete: complete, pulledRows: before + answer.rows.length,
  })
}

/** Every change up to `rev` is here with this page, so answered acts up to there move to the journal. */
async function closeAnswered(db: Tables, rev: number, closedAt: string): Promise<void> {
  const answered = await db.outbox.where('state').equals('answered').toArray()
  const closed = answered.filter((entry) => entry.rev !== null && entry.rev <= rev)
  if (!closed.length) return
  await db.journal.bulkPut(closed.map((entry) => ({ ...entry, closedAt })))
  await db.outbox.bulkDelete(closed.map((entry) => entry.n))
}

/** A reset throws away pulled rows only; what pending acts stand on stays, to be replaced by the first rev that comes. */
export async function throwAwayPulled(db: Tables, overlay: Overlay, entries: readonly OutboxEntry[]): Promise<void> {
  const needed = await neededBy(overlay, entries)
  const kept = (await db.rows.bulkGet([...needed])).filter((row): row is StoredRow => row !== undefined)
  await db.rows.clear()
  await db.rows.bulkPut(kept.map((row) => ({ ...row, rev: 0 })))
  for (const row of kept) overlay.put({ ...row, rev: 0 })
}

export async function putRows(overlay: Overlay, rows: readonly WireRow[]): Promise<void> {
  await overlay.load(rows.map((row) => keyOf(row.noun, row.id)))
  for (const { noun, id, scope, rev, body } of rows) {
    const key = keyOf(noun, id)
    const held = overlay.loaded(key)
    if (held && held.rev >= rev) { // pages of one pass may overlap what a later one brought
      if (held.handedOver !== undefined) overlay.put(takenBack(held))
      continue
    }
    if (body === null) overlay.remove(key)
    else overlay.put({ key, noun, id, scope, rev, base: body, body, dirty: 0, refs: refsOf(noun, scope, body) })
  }
}

/** What the server sends is ours: a row that was handed over and is sent again has come back, though it did not change. */
function takenBack({ handedOver: _, ...row }: StoredRow): StoredRow {
  return row
}

/** Rows of scopes left go, except what acts in the outbox still stand on: that stays as handed over until they are answered. */
export async function letGo(
  db: Tables, overlay: Overlay, entries: readonly OutboxEntry[], left: PullAnswer['left'], complete: boolean,
): Promise<void> {
  const needed = await neededBy(overlay, entries)
  for (const { scope, reason } of left) {
    for (const row of await db.rows.where('scope').equals(scope).toArray()) {
      if (needed.has(row.key)) overlay.put({ ...((await overlay.stored(row.key)) ?? row), handedOver: reason })
      else overlay.remove(row.key)
    }
  }
  for (const row of await db.rows.where('handedOver').above('').toArray()) {
    if (!needed.has(row.key)) overlay.remove(row.key)
  }
  if (!complete) return
  for (const key of needed) { // kept through a reset, and the whole pass did not bring it: it is not ours any more
    const row = await overlay.stored(key)
    if (row?.base && row.rev === 0 && !row.handedOver) overlay.put({ ...row, handedOver: 'reset' })
  }
}

/** What the acts in the outbox changed, and the visit, work order and site needed to show it. */
async function neededBy(overlay: Overlay, entries: readonly OutboxEntry[]): Promise<Set<string>> {
  const needed = new Set(entries.flatMap((entry) => entry.touches))
  for (const entry of entries) {
    if (!entry.visitId) continue
    const visit = await overlay.get('visit', entry.visitId)
    needed.add(keyOf('visit', entry.visitId))
    if (!visit) continue
    needed.add(keyOf('work_order', visit.body.work_order_id))
    needed.add(keyOf('site', visit.body.site_id))
  }
  return needed
}
