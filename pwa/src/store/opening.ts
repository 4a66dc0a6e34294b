/** One person's store as it was left; for pages and for the worker alike, so nothing here knows of screens. */
import type { Id } from '../protocol/nouns'
import type { Store } from './current'
import { UserDatabase } from './database'
import { readMeta } from './meta'

/** Null when they never signed in on this device, or signed out. */
export async function openStore(userId: Id): Promise<Store | null> {
  const db = new UserDatabase(userId)
  const [deviceId, user, tokens] = await Promise.all([readMeta(db, 'deviceId'), readMeta(db, 'user'), readMeta(db, 'tokens')])
  if (deviceId && user && tokens) return { userId, deviceId, name: user.name, roles: user.roles, db }
  db.close()
  return null
}
