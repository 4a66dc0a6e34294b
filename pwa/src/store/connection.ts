/** Work on the database that survives a killed connection: reopen, retry once, else loud. */
import type { TableName, Tables, UserDatabase } from './database'
import { ActRefused } from './refusal'

const KILLED = new Set(['InvalidStateError', 'UnknownError', 'DatabaseClosedError'])
const FULL = new Set(['QuotaExceededError'])

const nameOf = (error: unknown): string => {
  const { name, inner, failures } = (error ?? {}) as { name?: string; inner?: { name?: string }; failures?: { name?: string }[] }
  if (name === 'AbortError' && inner?.name) return inner.name
  // Of many rows written at once the first failure says what it was.
  return name === 'BulkError' ? (Object.values(failures ?? {})[0]?.name ?? name) : (name ?? '')
}

/** Systems kill the connection of a page in the background (iOS in about one session of ten): open a new one. */
export async function reopen(db: UserDatabase, error: unknown): Promise<boolean> {
  if (!KILLED.has(nameOf(error))) return false
  db.close({ disableAutoOpen: false })
  await db.open()
  return true
}

/** Runs `work`; over a new connection, once, when the old one was killed. Failures of storage become `ActRefused`. */
export async function durably<T>(db: UserDatabase, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ActRefused) throw error
    if (await reopen(db, error).catch(() => false)) return work().catch(refuse)
    return refuse(error)
  }
}

/**
 * One transaction over these tables, all or nothing. Work goes through the tables it is given, which are bound to the
 * transaction: Dexie finds an ambient one only for about a hundred awaits, after which writes would quietly go beside
 * it.
 */
export function atomically<T>(db: UserDatabase, names: readonly TableName[], work: (tables: Tables) => Promise<T>): Promise<T> {
  return durably(db, () => db.transaction('rw', names.map((name) => db[name]), (transaction) =>
    work(Object.fromEntries(names.map((name) => [name, transaction.table(name)])) as unknown as Tables)))
}

function refuse(error: unknown): never {
  if (error instanceof ActRefused) throw error
  const name = nameOf(error)
  if (FULL.has(name)) throw new ActRefused('storage-full', String(error))
  if (name.endsWith('Error') && name in { TypeError: 1, RangeError: 1, ReferenceError: 1 }) throw error
  throw new ActRefused('storage-failed', String(error))
}
