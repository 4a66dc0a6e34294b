/** The messages of the check, as `sync/PROTOCOL.md` has them: does this device hold what it should, and what repairs it. */
import type { Id, Instant } from './nouns'
import { hexOf, type Digest, type Listed } from './digest'
import { count, flag, list, NotOurs, object, parseRow, text, instant, VERSION, type WireRow } from './wire'

export const MAX_CHECK_SCOPES = 100
export const MAX_CHECK_ROWS = 5000

export interface CheckAnswer {
  epoch: string
  serverTime: Instant
  verdict: 'agree' | 'differs' | 'moved'
  /** Count and digest of each scope that can be compared; null when all is the same. */
  scopes: Map<string, { count: number; hex: string }> | null
}

export interface RepairAnswer {
  epoch: string
  serverTime: Instant
  rows: WireRow[]
  left: { scope: string; reason: string }[]
  /** The answer was full: ask again with what is here now. */
  more: boolean
}

/** One second question: small scopes together, or a piece of a large one, behind `after` up to and with `upto`. */
export interface Part {
  scopes: Record<string, readonly Listed[]>
  after?: readonly [string, Id] | null
  upto?: readonly [string, Id] | null
}

export const dumpCheck = (device: Id, cookie: string, total: Digest): object =>
  ({ protocol: VERSION, device, cookie, count: total.count, digest: hexOf(total) })

export const dumpRepair = (device: Id, cookie: string, part: Part): object => ({ protocol: VERSION, device, cookie, ...part })

const VERDICTS = new Set(['agree', 'differs', 'moved'])

export function parseCheck(data: unknown): CheckAnswer {
  const answer = object(data, '$')
  const verdict = text(answer, 'verdict')
  if (!VERDICTS.has(verdict)) throw new NotOurs('verdict')
  const said = answer['scopes'] == null ? null : Object.entries(object(answer['scopes'], 'scopes'))
  return {
    epoch: text(answer, 'epoch'), serverTime: instant(answer, 'server_time'), verdict: verdict as CheckAnswer['verdict'],
    scopes: said && new Map(said.map(([scope, value]) => [scope, digestSaid(value, scope)])),
  }
}

function digestSaid(value: unknown, scope: string): { count: number; hex: string } {
  const [rows, hex] = list({ value }, 'value')
  if (typeof hex !== 'string' || !/^[0-9a-f]{16}$/.test(hex)) throw new NotOurs(`scopes.${scope}`)
  return { count: count({ rows }, 'rows'), hex }
}

export function parseRepair(data: unknown): RepairAnswer {
  const answer = object(data, '$')
  return {
    epoch: text(answer, 'epoch'), serverTime: instant(answer, 'server_time'), more: flag(answer, 'more'),
    rows: list(answer, 'rows').map(parseRow),
    left: list(answer, 'left').map((item, i) => {
      const left = object(item, `left[${i}]`)
      return { scope: text(left, 'scope'), reason: text(left, 'reason') }
    }),
  }
}

/** Plain order of characters, as the server sorts them: first the noun, then the id. */
const before = (a: Listed, b: Listed): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0)

/** The rows of these scopes as questions that are not too large. */
export function* partsOf(scopes: ReadonlyMap<string, readonly Listed[]>): Generator<Part> {
  let together: Part['scopes'] = {}
  let rows = 0
  for (const [scope, unsorted] of scopes) {
    const listed = [...unsorted].sort(before)
    if (listed.length > MAX_CHECK_ROWS) {
      yield* piecesOf(scope, listed)
      continue
    }
    if (Object.keys(together).length === MAX_CHECK_SCOPES || rows + listed.length > MAX_CHECK_ROWS) {
      yield { scopes: together }
      together = {}
      rows = 0
    }
    together[scope] = listed
    rows += listed.length
  }
  if (Object.keys(together).length) yield { scopes: together }
}

/** The first begins before all keys and the last goes on behind them, so that no row falls between. */
function* piecesOf(scope: string, listed: readonly Listed[]): Generator<Part> {
  let after: Part['after'] = null
  for (let start = 0; start < listed.length; start += MAX_CHECK_ROWS) {
    const piece = listed.slice(start, start + MAX_CHECK_ROWS)
    const [noun, id] = piece.at(-1)!
    const upto: Part['upto'] = start + MAX_CHECK_ROWS < listed.length ? [noun, id] : null
    yield { scopes: { [scope]: piece }, after, upto }
    after = upto
  }
}
