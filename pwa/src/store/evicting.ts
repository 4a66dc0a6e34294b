/** Noticing that a database is gone which held somebody's work, and saying so until person and office know. */
import Dexie, { liveQuery } from 'dexie'
import type { Id } from '../protocol/nouns'
import { now } from './clock'
import type { Store } from './current'
import { databaseName, UserDatabase, type Tables } from './database'
import { changeMarker, readMarker, readMarkers, writeMarker, type Lost, type Marker } from './marker'
import { readMeta } from './meta'

export type { Lost } from './marker'

export interface Held { unsent: number; since: string | null; lastContact: string | null }

/** Acts without a receipt and files the server does not have; null when this is not the database of anybody. */
export async function heldBy(db: Tables): Promise<Held | null> {
  if (!(await readMeta(db, 'deviceId'))) return null
  const acts = await db.outbox.where('state').equals('pending').sortBy('n')
  const files = await db.files.where('state').anyOf('waiting', 'uploading', 'stuck').toArray()
  const since = [acts[0]?.at, ...files.map((file) => file.addedAt)].filter((at) => at !== undefined).sort()[0] ?? null
  return { unsent: acts.length + files.length, since, lastContact: (await readMeta(db, 'lastContact')) ?? null }
}

/** What the database of this person holds, whether they are signed in or not; null when there is none. */
export async function heldFor(userId: Id): Promise<Held | null> {
  if (!(await Dexie.exists(databaseName(userId)))) return null
  const db = new UserDatabase(userId)
  return heldBy(db).finally(() => db.close())
}

/** Writes the marker as it is now; for the worker, which has no page that follows. */
export async function markHeld(store: Store): Promise<void> {
  const held = await heldBy(store.db)
  if (held) await mark(store, held)
}

async function mark({ userId, name }: Store, held: Held): Promise<void> {
  await changeMarker(userId, (marker) => ({ userId, name, ...held, lost: marker?.lost ?? null }))
}

/** Keeps the marker right as long as a page is open. `gone` is called when the database is emptied under it. */
export function followHeld(store: Store, gone: () => void): () => void {
  let written = ''
  let chain: Promise<unknown> = Promise.resolve()
  const subscription = liveQuery(() => heldBy(store.db)).subscribe({
    next(held) {
      if (!held) return gone()
      const text = JSON.stringify([held.unsent, held.since])
      if (text === written) return
      written = text
      chain = chain.then(() => mark(store, held)).catch((error) => console.error('The marker was not written', error))
    },
    error: (error) => console.error('The marker is not followed any more', error),
  })
  return () => subscription.unsubscribe()
}

/** At the start, before anybody works: whose database is gone though it was said to be here? */
export async function noticeLosses(): Promise<void> {
  for (const marker of await readMarkers()) {
    if (marker.lost && !marker.lost.read) continue
    if (await heldFor(marker.userId)) continue
    await writeMarker({ ...marker, unsent: 0, since: null, lost: lossOf(marker) })
  }
}

function lossOf({ userId, name, unsent, since, lastContact }: Marker): Marker['lost'] {
  return { userId, name, unsent, since, lastContact, noticedAt: now(), reported: unsent === 0, read: false }
}

/** What nobody has read yet. */
export async function unreadLosses(): Promise<Lost[]> {
  return (await readMarkers()).map((marker) => marker.lost).filter((lost) => lost !== null).filter((lost) => !lost.read)
}

export async function lossWasRead(userId: Id): Promise<void> {
  await change(userId, { read: true })
}

/** What the office was not told yet. */
export async function unreportedLoss(userId: Id): Promise<Lost | null> {
  const lost = (await readMarker(userId))?.lost
  return lost && !lost.reported ? lost : null
}

export async function lossWasReported(userId: Id): Promise<void> {
  await change(userId, { reported: true })
}

async function change(userId: Id, values: { read?: boolean; reported?: boolean }): Promise<void> {
  await changeMarker(userId, (marker) => {
    if (!marker?.lost) return null
    const lost = { ...marker.lost, ...values }
    return { ...marker, lost: lost.read && lost.reported ? null : lost }
  })
}
