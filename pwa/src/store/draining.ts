/**
 * A device that was shut out sends what it still has and shows nothing more: rows go at once, acts and files when the
 * server has them, and last of all the rest. Nothing is pulled, so a receipt alone settles an act.
 */
import type { Id, Instant } from '../protocol/nouns'
import { atomically } from './connection'
import type { Store } from './current'
import type { UserDatabase } from './database'
import { forgetUser, setDeviceSetting } from './device'
import { chunksOf } from './files'
import { forgetMarker } from './marker'
import { readMeta, writeMeta } from './meta'
import { saySignedOut } from './signal'
import { clearShelf } from './shelf'

/** What the sign-in screen tells the person whose phone was shut out, when the last of it has arrived. */
export interface Delivered { userId: Id; name: string; acts: number; files: number; at: Instant }

/** Rows and cookie go; outbox, files and tokens stay. */
export async function beginDraining(database: UserDatabase, at: Instant): Promise<void> {
  await atomically(database, ['rows', 'outbox', 'files', 'meta'], async (db) => {
    if (await readMeta(db, 'draining')) return
    const acts = await db.outbox.count() // with those that went in the same contact
    const files = await db.files.where('state').anyOf('waiting', 'uploading', 'stuck').count()
    await db.rows.clear()
    await writeMeta(db, { draining: { at, acts, files }, cookie: null, firstSyncComplete: false, pulledRows: 0 })
  })
  await clearShelf(database.userId).catch(() => {})
}

/** What the server has needs no second copy here. True when nothing is left. */
export async function settleDrained(database: UserDatabase): Promise<boolean> {
  return atomically(database, ['outbox', 'files', 'chunks'], async (db) => {
    await db.outbox.where('state').equals('answered').delete()
    for (const file of await db.files.where('state').anyOf('stored', 'verified').toArray()) {
      await db.files.delete(file.attachmentId)
      if ((await db.files.where('sha256').equals(file.sha256).count()) === 0) await chunksOf(db, file.sha256).delete()
    }
    return (await db.outbox.count()) + (await db.files.count()) === 0
  })
}

/** Nothing of this person stays on the device but the line on the sign-in screen. Only when nothing waits. */
export async function wipe({ db: database, userId, name }: Store, at: Instant): Promise<boolean> {
  const draining = await readMeta(database, 'draining')
  const { acts = 0, files = 0 } = draining ?? {}
  const told: Delivered = { userId, name, acts, files, at }
  await setDeviceSetting('delivered', told)
  const wiped = await atomically(database, ['rows', 'outbox', 'journal', 'meta', 'drafts', 'files', 'chunks'], async (db) => {
    if ((await db.outbox.count()) + (await db.files.count()) > 0) return false // recorded in another tab just now
    await Promise.all([db.rows.clear(), db.journal.clear(), db.meta.clear(), db.drafts.clear(), db.chunks.clear()])
    return true
  })
  if (!wiped) {
    await setDeviceSetting('delivered', null)
    return false
  }
  await forgetMarker(userId)
  await forgetUser(userId)
  saySignedOut(userId)
  return true
}
