/** The tables: one database per user, so that a shared phone never mixes two people's work. */
import Dexie, { type Table } from 'dexie'
import type { Id, Instant, Noun } from '../protocol/nouns'
import { INDEXED_FIELDS } from '../protocol/effects/view'
import type { OutboxEntry, WaitingFile } from './types'

/** A row as pulled (`base`) and as shown (`body`: base plus the effects of acts not pulled yet). */
export interface StoredRow {
  key: string
  noun: Noun
  id: Id
  scope: string
  rev: number
  base: object | null
  body: object | null
  dirty: 0 | 1
  handedOver?: string
  /** `noun|field|value` of every indexed field, plus `noun|scope|value`: one index finds them all. */
  refs: string[]
}

export interface StoredFile extends WaitingFile {
  priority: number
  visitId: Id | null
  uploadUrl: string | null
  /** When the server's `verified` was pulled: the copy is kept a few days more. */
  verifiedAt: Instant | null
  /** The bytes have left; only the line in the ledger remains. */
  purged?: true
}

export interface StoredChunk { sha256: string; i: number; at: Instant; bytes: ArrayBuffer }
export interface StoredDraft { key: string; value: unknown; at: Instant }
export interface MetaEntry { key: string; value: unknown }
export interface JournalEntry extends OutboxEntry { closedAt: Instant }

/** How a person is known to the server from this device; kept with their own database. */
export interface Tokens { access: string; refresh: string; accessExpiresAt: Instant }

export const databaseName = (userId: Id): string => `xunxiu-${userId}`

export class UserDatabase extends Dexie {
  rows!: Table<StoredRow, string>
  outbox!: Table<OutboxEntry, number>
  journal!: Table<JournalEntry, number>
  meta!: Table<MetaEntry, string>
  drafts!: Table<StoredDraft, string>
  files!: Table<StoredFile, string>
  chunks!: Table<StoredChunk, [string, number]>

  constructor(readonly userId: Id) {
    // Strict, because a browser's default lets "saved" be said before the bytes are on the disk.
    // Without Dexie's cache, which gives each question a deep copy of what another had: opening a visit spent half of
    // its time copying rows that nobody changes in place. And what a screen shows is then what is on the disk.
    super(databaseName(userId), { chromeTransactionDurability: 'strict', cache: 'disabled' })
    this.version(1).stores({
      rows: 'key, noun, scope, dirty, handedOver, *refs',
      outbox: 'n, id, state, visitId',
      journal: 'n, id, visitId, closedAt',
      meta: 'key',
      drafts: 'key',
      files: 'attachmentId, sha256, state, visitId',
      chunks: '[sha256+i]',
    })
  }
}

/** Tables, whether the database's own or those bound to a transaction. */
export type Tables = Pick<UserDatabase, 'rows' | 'outbox' | 'journal' | 'meta' | 'drafts' | 'files' | 'chunks'>
export type TableName = keyof Tables

export const keyOf = (noun: string, id: Id): string => `${noun}:${id}`
export const refOf = (noun: string, index: string, value: string): string => `${noun}|${index}|${value}`

/** What finds a row: its scope and each indexed field that its body has. */
export function refsOf(noun: string, scope: string, body: object | null): string[] {
  const refs = [refOf(noun, 'scope', scope)]
  for (const field of INDEXED_FIELDS) {
    const value = (body as Record<string, unknown> | null)?.[field]
    if (typeof value === 'string') refs.push(refOf(noun, field, value))
  }
  return refs
}
