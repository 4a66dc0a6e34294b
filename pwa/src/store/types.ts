/** What screens see of the store. */
import type { Act, Outcome } from '../protocol/acts'
import type { Bodies, Id, Instant, Noun } from '../protocol/nouns'

export interface Row<B> {
  noun: Noun
  id: Id
  scope: string
  rev: number
  body: B
  /** Some act on it has not come back by pull yet. */
  pending: boolean
  /** Why the row is no longer this person's, while changes on it are still to send. */
  handedOver?: string
}
export type RowOf<N extends Noun> = Row<Bodies[N]>

export type Receipt = { outcome: Outcome; rev: number; code: string | null; detail: string | null }

/** An act in the outbox: `pending` until its receipt, `answered` until a pull holds its effect. */
export type OutboxEntry = Act & {
  state: 'pending' | 'answered'
  outcome: Outcome | null
  rev: number | null
  code: string | null
  detail: string | null
  /** Keys (`noun:id`) of the rows its effect changed. */
  touches: string[]
  tries: number
  /** The visit it belongs to, for the ledger. */
  visitId: Id | null
}

/** Where one thing of a visit is. `attention`: parked, rejected, refused or stuck, `code` says why. */
export interface LedgerItem {
  key: string
  noun: string
  id: Id
  /** Translation key: `ledger.<act name>` or `ledger.file.<purpose>`. */
  label: string
  at: Instant
  where: 'phone' | 'server' | 'verified' | 'attention'
  code?: string
  /** Bytes sent of bytes in all, for a file under way. */
  progress?: { sent: number; size: number }
}

/** A comparison of the rows here with the office: how many had to be put right. */
export interface Compared { at: Instant; repaired: number; startedOver: boolean }

export type SyncPhase = 'idle' | 'pushing' | 'pulling' | 'uploading'

export interface SyncStatus {
  contact: 'never' | 'ok' | 'failed'
  lastContactAt: Instant | null
  syncing: boolean
  phase: SyncPhase
  pendingActs: number
  waitingFiles: number
  /** At the server, and not yet looked at by it. */
  checkingFiles: number
  oldestPendingAt: Instant | null
  oldestFileAt: Instant | null
  problem?: { code: string; detail: string }
  firstSync: { complete: boolean; rows: number }
  /** Whether the browser promised not to evict us; null when it cannot say. */
  persisted: boolean | null
  storage: { used: number | null; quota: number | null }
  /** Server's clock minus this device's, in milliseconds. */
  clockOffsetMs: number
  signInNeeded: boolean
  /** The last comparison with the office; null before the first. */
  compared: Compared | null
  /** Photos that stay here until there is Wi-Fi, because their owner wants that. */
  originalsWaiting: number
  /** Shut out: this device sends what it still has and then wipes itself. How much that was at the beginning. */
  draining: { at: Instant; acts: number; files: number } | null
}

export interface WaitingFile {
  sha256: string
  size: number
  mime: string
  attachmentId: Id
  purpose: string
  state: 'waiting' | 'uploading' | 'stored' | 'verified' | 'stuck'
  offset: number
  tries: number
  error: string | null
  addedAt: Instant
}
