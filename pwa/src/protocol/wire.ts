/** The wire as `sync/PROTOCOL.md` has it. Only an answer that these functions can read counts as contact with us. */
import type { Act, Outcome } from './acts'
import type { Id, Instant, Noun } from './nouns'

export const VERSION = 2
export const MAX_ACTS = 100
export const MAX_BATCH_BYTES = 256 * 1024
/** Room for the rest of a request beside its acts. */
export const ENVELOPE_BYTES = 2048
export const MAX_ARGS_BYTES = 128 * 1024
export const PAGE_ROWS = 1000

export interface WireReceipt { n: number; id: Id; outcome: Outcome; rev: number; code: string | null; detail: string | null }
export interface PushAnswer { epoch: string; serverTime: Instant; last: number; receipts: WireReceipt[] }

export interface WireRow { noun: Noun; id: Id; scope: string; rev: number; body: object | null }
export interface PullAnswer {
  epoch: string
  serverTime: Instant
  reset: boolean
  cookie: string
  rev: number
  more: boolean
  complete: boolean
  last: number
  rows: WireRow[]
  entered: string[]
  left: { scope: string; reason: string }[]
}

/** How the device is, for the dispatcher's board; what remains after this request, not before it. */
export interface DeviceStatus {
  pending: number
  oldest_at: Instant | null
  files_waiting: number
  failing: string | null
  app_version: string
  persisted: boolean
  storage_used: number | null
  storage_quota: number | null
  /** Server's clock minus the device's, as measured at the last contact. */
  clock_offset_ms: number | null
  /** Percent, where the browser tells. */
  battery?: number | null
  /** Visits this phone holds that the office does not know it holds, and when each was opened here. */
  visits?: Record<Id, Instant | null>
  /** What the browser threw away before it was sent; said once. */
  evicted: { unsent: number; since: Instant | null; last_contact: Instant | null; noticed_at: Instant } | null
}

/** The answer is not ours, or broken: a captive portal, a proxy's page, half a body. */
export class NotOurs extends Error {
  constructor(where: string) {
    super(`Not an answer of ours: ${where}`)
    this.name = 'NotOurs'
  }
}

const bytes = new TextEncoder()
/** Bytes of a value on the wire. */
export const sizeOf = (value: unknown): number => bytes.encode(JSON.stringify(value)).length

export function dumpAct({ n, id, act, v, at, args, group }: Act): Act {
  return { n, id, act, v, at, args, group }
}

export function dumpPush(
  device: Id, epoch: string | null, sentAt: Instant, acts: readonly Act[], status: DeviceStatus,
): object {
  return { protocol: VERSION, device, epoch, sent_at: sentAt, acts: acts.map(dumpAct), status }
}

export const dumpPull = (device: Id, cookie: string | null): object =>
  ({ protocol: VERSION, device, cookie, limit: PAGE_ROWS })

const OUTCOMES = new Set(['applied', 'merged', 'parked', 'rejected'])

export function parsePush(data: unknown): PushAnswer {
  const answer = object(data, '$')
  return {
    epoch: text(answer, 'epoch'),
    serverTime: instant(answer, 'server_time'),
    last: count(answer, 'last'),
    receipts: list(answer, 'receipts').map((item, i) => {
      const receipt = object(item, `receipts[${i}]`)
      const outcome = text(receipt, 'outcome')
      if (!OUTCOMES.has(outcome)) throw new NotOurs(`receipts[${i}].outcome`)
      return {
        n: count(receipt, 'n'), id: text(receipt, 'id'), outcome: outcome as Outcome, rev: count(receipt, 'rev'),
        code: optional(receipt, 'code'), detail: optional(receipt, 'detail'),
      }
    }),
  }
}

export function parsePull(data: unknown): PullAnswer {
  const answer = object(data, '$')
  return {
    epoch: text(answer, 'epoch'),
    serverTime: instant(answer, 'server_time'),
    reset: flag(answer, 'reset'),
    cookie: text(answer, 'cookie'),
    rev: count(answer, 'rev'),
    more: flag(answer, 'more'),
    complete: flag(answer, 'complete'),
    last: count(answer, 'last'),
    rows: list(answer, 'rows').map(parseRow),
    entered: list(answer, 'entered').map((scope, i) => string(scope, `entered[${i}]`)),
    left: list(answer, 'left').map((item, i) => {
      const left = object(item, `left[${i}]`)
      return { scope: text(left, 'scope'), reason: text(left, 'reason') }
    }),
  }
}

/** A noun we do not know is kept all the same: a newer app on this device will. */
export function parseRow(item: unknown, i: number): WireRow {
  const row = object(item, `rows[${i}]`)
  const body = row['body']
  return {
    noun: text(row, 'noun') as Noun, id: text(row, 'id'), scope: text(row, 'scope'), rev: count(row, 'rev'),
    body: body === null ? null : object(body, `rows[${i}].body`),
  }
}

type Fields = Record<string, unknown>

export function object(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NotOurs(where)
  return value as Fields
}

function string(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new NotOurs(where)
  return value
}

export const text = (fields: Fields, name: string): string => string(fields[name], name)
const optional = (fields: Fields, name: string): string | null => (fields[name] == null ? null : text(fields, name))

export function instant(fields: Fields, name: string): Instant {
  const value = text(fields, name)
  if (Number.isNaN(Date.parse(value))) throw new NotOurs(name)
  return value
}

export function count(fields: Fields, name: string): number {
  const value = fields[name]
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new NotOurs(name)
  return value as number
}

export function flag(fields: Fields, name: string): boolean {
  if (typeof fields[name] !== 'boolean') throw new NotOurs(name)
  return fields[name]
}

export function list(fields: Fields, name: string): unknown[] {
  if (!Array.isArray(fields[name])) throw new NotOurs(name)
  return fields[name]
}
