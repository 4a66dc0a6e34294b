/** Small facts about this person's data on this device, each under its own key. */
import type { Id, Instant, Role } from '../protocol/nouns'
import type { Tokens, Tables } from './database'
import type { Compared, SyncPhase } from './types'

export interface Meta {
  /** How far this device has pulled, opaque. */
  cookie: string | null
  epoch: string | null
  firstSyncComplete: boolean
  /** Highest number given to an act; the next is one more. */
  lastN: number
  /** Highest number the server has answered for. */
  acknowledgedN: number
  /** The number of an answered act that is asked about again since a restore: until then the line may be a clone's. */
  proving: number | null
  lastContact: Instant | null
  clockOffsetMs: number
  deviceId: Id
  tokens: Tokens | null
  user: { id: Id; login: string; name: string; roles: Role[] }
  /** Why the last try failed; null when it did not. */
  problem: { code: string; detail: string } | null
  signInNeeded: boolean
  /** What a tab is doing now, and since when: other tabs show it too. */
  activity: { phase: SyncPhase; at: Instant } | null
  pulledRows: number
  /** What the last comparison with the office came to, and the scopes that differed in it. */
  compared: Compared
  suspects: string[]
  /** Since when this device may only send what it has, and how much that was; null or absent: it is as good as any. */
  draining: { at: Instant; acts: number; files: number } | null
  /** The number line of this device takes no more acts: signing in begins another. */
  lineClosed: boolean
  /** What the server was last told about this device. */
  saidStatus: { pending: number; filesWaiting: number; visits?: string; at: Instant }
  /** Visits opened here whose opening the office does not know yet. */
  seenVisits: Record<Id, Instant>
}

export async function readMeta<K extends keyof Meta>(db: Tables, key: K): Promise<Meta[K] | undefined> {
  return (await db.meta.get(key))?.value as Meta[K] | undefined
}

/** Writes inside the transaction it is called in, if any. */
export async function writeMeta(db: Tables, values: Partial<Meta>): Promise<void> {
  await db.meta.bulkPut(Object.entries(values).map(([key, value]) => ({ key, value })))
}
