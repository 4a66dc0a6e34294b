/**
 * One journey to the server and back: what waits goes up, what is new comes down, then the photos follow in a lane of
 * their own. One at a time per person, whichever tab or worker starts it; everything it needs is in the database, so
 * that it can die at any line and be started again.
 */
import { forgetOldJournal } from '../store/receipts'
import { dropOrphans, purgeVerified } from '../store/files'
import type { Store } from '../store/current'
import { now } from '../store/clock'
import { beginDraining, settleDrained, wipe } from '../store/draining'
import { readMeta, writeMeta } from '../store/meta'
import type { SyncPhase } from '../store/types'
import { locked, NoContact, Problem, signInNeeded } from './http'
import { pullAll } from './pull'
import { pushAll, pushStatus } from './push'
import { uploadAll } from './uploads'

/** Refusals that only signing in again can heal. */
const SIGN_IN = new Set(['sign-in', 'token-expired', 'token-invalid', 'token-reused', 'device-unknown'])

/** This device in this person's name: never another's. */
export type Peer = Store

export async function syncRows(peer: Peer): Promise<void> {
  await locked(`xunxiu-sync-${peer.userId}`, async () => {
    try {
      await upAndDown(peer)
      // Recorded meanwhile, or lost by a server that was restored from a backup.
      if (await peer.db.outbox.where('state').equals('pending').count()) await upAndDown(peer)
      await pushStatus(peer)
    } catch (error) {
      if (error instanceof Problem && SIGN_IN.has(error.code)) await signInNeeded(peer)
      await writeMeta(peer.db, { problem: problemFor(error) })
      throw error
    } finally {
      await phase(peer, 'idle')
    }
  })
}

async function upAndDown(peer: Peer): Promise<void> {
  await phase(peer, 'pushing')
  await pushAll(peer)
  if (await readMeta(peer.db, 'draining')) {
    await settleDrained(peer.db)
    return
  }
  await phase(peer, 'pulling')
  try {
    await pullAll(peer)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'device-revoked') throw error
    await beginDraining(peer.db, now()) // only after the push: what waited went with this very contact
    await settleDrained(peer.db)
  }
}

/** Bytes never hold up acts: their own lock, their own failures. */
export async function syncFiles(peer: Peer): Promise<void> {
  await locked(`xunxiu-files-${peer.userId}`, async () => {
    const sent = await uploadAll(peer)
    if (sent > 0) await syncRows(peer)
  })
  if (await drained(peer)) return
  await purgeVerified(peer.db, Date.now())
  await dropOrphans(peer.db, Date.now())
  await forgetOldJournal(peer.db, Date.now())
}

/** The end of a device that was shut out: all is delivered, so all goes. Under both locks, so nothing is under way. */
async function drained(peer: Peer): Promise<boolean> {
  if (!(await readMeta(peer.db, 'draining'))) return false
  return locked(`xunxiu-files-${peer.userId}`, () => locked(`xunxiu-sync-${peer.userId}`, async () =>
    (await settleDrained(peer.db)) && wipe(peer, now())))
}

export async function syncAll(peer: Peer): Promise<void> {
  await syncRows(peer)
  await syncFiles(peer)
}

const phase = (peer: Peer, now: SyncPhase): Promise<void> =>
  writeMeta(peer.db, { activity: now === 'idle' ? null : { phase: now, at: new Date().toISOString() } })

export function problemFor(error: unknown): { code: string; detail: string } {
  if (error instanceof Problem) return { code: error.code, detail: error.detail }
  if (error instanceof NoContact) return { code: 'no-contact', detail: error.message }
  const { code, message } = error as { code?: string; message?: string }
  return { code: typeof code === 'string' ? code : 'sync-failed', detail: message ?? String(error) }
}
