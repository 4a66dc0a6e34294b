/** What a check reads and writes: the rows as they are really here, and the answers that put them right. */
import type { Listed } from '../protocol/digest'
import type { RepairAnswer } from '../protocol/check'
import { letGo, putRows, throwAwayPulled } from './apply'
import { atomically } from './connection'
import type { Store } from './current'
import { keyOf, type StoredRow, type UserDatabase } from './database'
import { readMeta, writeMeta } from './meta'
import { Overlay } from './overlay'
import { replay, resetDirty } from './rebase'
import { followFiles } from './verifying'

/** Read at once: between two pieces acts can be saved, which a transaction over all rows would hold up. */
const PIECE_ROWS = 500

/**
 * The pulled rows by scope, without those handed over or made by acts only. Read in pieces: they are of one moment all
 * the same, because pulled rows change only together with the cookie, and who calls this compares it before and after.
 */
export async function pulledRows(db: UserDatabase): Promise<Map<string, Listed[]>> {
  const found = new Map<string, Listed[]>()
  let last = ''
  for (;;) {
    const rows = await db.rows.where('key').above(last).limit(PIECE_ROWS).toArray()
    for (const { noun, id, scope, rev, base, handedOver } of rows) {
      if (base === null || handedOver !== undefined) continue
      const listed = found.get(scope)
      if (listed) listed.push([noun, id, rev])
      else found.set(scope, [[noun, id, rev]])
    }
    if (rows.length < PIECE_ROWS) return found
    last = rows.at(-1)!.key
  }
}

/**
 * Makes rows what the server says, whatever rev they have here: a repair is no change. Gives how many that were, or null
 * when this device has pulled since it asked.
 */
export async function applyRepair(store: Store, cookie: string, answer: RepairAnswer, at: string): Promise<number | null> {
  return atomically(store.db, ['rows', 'outbox', 'journal', 'meta', 'files'], async (db) => {
    if ((await readMeta(db, 'cookie')) !== cookie) return null
    const entries = await db.outbox.orderBy('n').toArray()
    const overlay = new Overlay(db)
    const scopes = answer.left.map(({ scope }) => scope)
    const leaving = await db.rows.where('scope').anyOf(scopes).filter((row) => row.handedOver === undefined).count()
    await resetDirty(db, overlay)
    await forgetRevs(overlay, answer.rows.map((row) => keyOf(row.noun, row.id)))
    await putRows(overlay, answer.rows)
    await overlay.flush()
    await letGo(db, overlay, entries, answer.left, false)
    await replay(store, db, overlay, entries)
    await overlay.flush()
    await followFiles(db, answer.rows, at)
    return answer.rows.length + leaving
  })
}

/** So that what comes counts as newer, also where it is not. */
async function forgetRevs(overlay: Overlay, keys: readonly string[]): Promise<void> {
  await overlay.load(keys)
  for (const row of keys.map((key) => overlay.loaded(key))) {
    if (row) overlay.put({ ...row, rev: -1 } satisfies StoredRow)
  }
}

/** Pulled rows and the cookie go, and nothing else: the next pull is a first sync. What acts stand on stays until then. */
export async function startOver(store: Store): Promise<void> {
  await atomically(store.db, ['rows', 'outbox', 'journal', 'meta', 'files'], async (db) => {
    const entries = await db.outbox.orderBy('n').toArray()
    const overlay = new Overlay(db)
    await throwAwayPulled(db, overlay, entries)
    await resetDirty(db, overlay)
    await overlay.flush()
    await replay(store, db, overlay, entries)
    await overlay.flush()
    await writeMeta(db, { cookie: null, firstSyncComplete: false, pulledRows: 0 })
  })
}
