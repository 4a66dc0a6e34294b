/** Rows are what was pulled plus the effects of the acts still in the outbox, in their order. */
import { effectOf } from '../protocol/effects'
import type { Change } from '../protocol/effects/view'
import type { Store } from './current'
import { refsOf, type Tables } from './database'
import type { Overlay } from './overlay'
import type { OutboxEntry } from './types'

/** Takes the effects off: every row is as pulled; rows that only acts had made are gone. */
export async function resetDirty(db: Tables, overlay: Overlay): Promise<void> {
  const dirty = await db.rows.where('dirty').equals(1).toArray()
  for (const row of dirty) {
    if (row.base === null) overlay.remove(row.key)
    else overlay.put({ ...row, body: row.base, dirty: 0, refs: refsOf(row.noun, row.scope, row.base) })
  }
}

/** An effect that fails on rows of a newer server must not keep those rows out: the act is sent all the same. */
async function effectOn(entry: OutboxEntry, overlay: Overlay, store: Store): Promise<Change[]> {
  try {
    return await effectOf(entry, overlay, store)
  } catch (error) {
    console.error('The effect of an act could not be shown', entry.act, entry.id, error)
    return []
  }
}

/** Lays the effects on again. An act changes other rows than before when the rows below it changed. */
export async function replay(store: Store, db: Tables, overlay: Overlay, entries: readonly OutboxEntry[]): Promise<void> {
  for (const entry of entries) {
    const touches = await overlay.apply(await effectOn(entry, overlay, store))
    const known = new Set(entry.touches)
    if (touches.every((key) => known.has(key))) continue
    touches.forEach((key) => known.add(key))
    await db.outbox.update(entry.n, { touches: [...known] })
  }
}
