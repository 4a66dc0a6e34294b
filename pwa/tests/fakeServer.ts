/**
 * A server in memory, for the client's side of the wire: a number line per device, receipts once per number and act, a
 * feed by rev, scopes that come and go, epochs, tus uploads. Not
 * the rules of the house: those are tested against the real server by the journeys.
 */
import { createHash } from 'node:crypto'
import type { Act } from '../src/protocol/acts'
import type { WireRow } from '../src/protocol/wire'

interface PushBody { device: string; acts: Act[]; status: { pending: number; files_waiting: number } }
/** `again`: the act was known under another number, so it was answered and not done. */
interface Stored { act: Act; rev: number; device: string; again: boolean }
interface Upload { sha256: string; attachment: string; size: number; bytes: Uint8Array }
interface CheckBody {
  cookie: string
  count: number
  digest: string
  scopes?: Record<string, [noun: string, id: string, rev: number][]>
}
type Fault = (path: string, init: RequestInit) => Response | 'lose-answer' | 'no-network' | undefined

const json = (body: unknown, status = 200, type = 'application/json') =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': type } })

export const problem = (status: number, code: string) =>
  json({ type: 'about:blank', title: code, status, code, detail: `because ${code}` }, status, 'application/problem+json')

/** By another library than the phone's, so that they cannot be wrong in the same way. */
const digestOf = (rows: WireRow[]): [number, string] => {
  const hashes = rows.map(({ noun, id, rev }) => createHash('sha256').update(`${noun}|${id}|${rev}`).digest('hex').slice(0, 16))
  const sum = hashes.reduce((total, hash) => (total + BigInt(`0x${hash}`)) % 2n ** 64n, 0n)
  return [rows.length, sum.toString(16).padStart(16, '0')]
}

export class FakeServer {
  epoch = 'epoch-1'
  rev = 10
  journal: Stored[] = []
  feed: WireRow[] = []
  uploads = new Map<string, Upload>()
  files = new Map<string, Uint8Array>()
  access = 'access-of-Alice'
  /** Asked before each request is served; `lose-answer` serves it and drops the answer. */
  fault: Fault = () => undefined
  requests: { path: string; method: string; body: unknown; headers: Headers }[] = []
  statuses: { pending: number; files_waiting: number }[] = []
  pageRows = 1000

  readonly fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const path = String(input)
    const method = init.method ?? 'GET'
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : init.body
    this.requests.push({ path, method, body, headers: new Headers(init.headers) })
    const fault = this.fault(path, init)
    if (fault === 'no-network') throw new TypeError('Failed to fetch')
    if (fault instanceof Response) return fault
    const answer = this.serve(path, method, body, new Headers(init.headers))
    if (fault === 'lose-answer') throw new TypeError('connection reset')
    return answer
  }

  private serve(path: string, method: string, body: unknown, headers: Headers): Response {
    if (path === '/api/auth/refresh') return this.refresh(headers)
    if (path === '/api/devices') return this.register(headers)
    if (headers.get('Authorization') !== `Bearer ${this.access}`) return problem(401, 'token-expired')
    if (path === '/api/sync/push') return this.push(body as PushBody)
    if (path === '/api/sync/pull') return this.pull(body as { device: string; cookie: string | null })
    if (path === '/api/sync/check') return this.check(body as CheckBody)
    if (path.startsWith('/api/files/uploads')) return this.tus(path, method, body as Uint8Array, headers)
    return problem(404, 'not-found')
  }

  refreshes = 0
  /** A token used once is good once more while its successor was not used: the answer may have been lost. */
  refresh(headers: Headers): Response {
    const used = Number(headers.get('Authorization')?.replace('Bearer refresh-', ''))
    if (used !== this.refreshes + 1 && used !== this.refreshes) return problem(401, 'refresh-refused')
    this.refreshes = used
    this.access = `access-${this.refreshes}`
    return json(this.tokens())
  }

  private tokens() {
    return { access: this.access, refresh: `refresh-${this.refreshes + 1}`, access_expires_at: '2099-01-01T00:00:00Z' }
  }

  private register(headers: Headers): Response {
    const answer = this.refresh(headers)
    return answer.ok ? json({ ...this.tokens(), epoch: this.epoch }, 201) : answer
  }

  lastOf(device: string): number {
    return this.journal.filter((stored) => stored.device === device).length
  }

  /** Everything as it is now. Calling the result is a restore: another epoch, and no memory of what came since. */
  backup(): () => void {
    const kept = structuredClone({
      journal: this.journal, feed: this.feed, files: this.files, uploads: this.uploads, gone: this.gone, come: this.come, rev: this.rev,
    })
    return () => {
      Object.assign(this, structuredClone(kept))
      this.epoch = `epoch-of-${this.requests.length}`
    }
  }

  /** What an act does to the rows; nothing, unless a test says so. */
  effect: (act: Act, rev: number) => WireRow[] = () => []

  private push({ device, acts, status }: PushBody): Response {
    this.statuses.push(status)
    const receipts = []
    for (const act of acts) {
      const last = this.lastOf(device)
      if (act.n > last + 1) break
      if (act.n === last + 1) this.take(device, act)
      const stored = this.journal.filter((one) => one.device === device)[act.n - 1]!
      if (stored.act.id !== act.id) return problem(409, 'device-cloned')
      receipts.push({ n: act.n, id: act.id, outcome: 'applied', rev: stored.rev, code: null, detail: null })
    }
    const last = this.lastOf(device)
    return json({ protocol: 1, epoch: this.epoch, server_time: new Date().toISOString(), last, receipts })
  }

  private take(device: string, act: Act): void {
    const known = this.journal.find((one) => one.act.id === act.id)
    const rev = known?.rev ?? (this.rev += 1)
    this.journal.push({ act, rev, device, again: known !== undefined })
    if (!known) this.feed.push(...this.effect(act, rev))
  }

  /** Scopes that are not this person's (any more), and since which rev; and those that became theirs. */
  gone = new Map<string, number>()
  come = new Map<string, number>()

  leave(scope: string): void {
    this.come.delete(scope)
    this.gone.set(scope, (this.rev += 1))
  }

  enter(scope: string): void {
    this.gone.delete(scope)
    this.come.set(scope, (this.rev += 1))
  }

  /** The newest of each row that this person may see, in the order of change: what a phone holds after its last page. */
  held(): WireRow[] {
    const latest = new Map([...this.feed].sort((a, b) => a.rev - b.rev).map((row) => [`${row.noun}:${row.id}`, row]))
    return [...latest.values()].filter((row) => !this.gone.has(row.scope))
  }

  /** The cookie is the rev pulled; within a pass also the place in the feed and the rev the pass will bring it to. */
  private pull({ device, cookie }: { device: string; cookie: string | null }): Response {
    const asked = cookie?.split('/')
    const reset = asked !== undefined && asked[0] !== this.epoch
    const [since, at, to] = asked && !reset ? [Number(asked[1]), Number(asked[2]), Number(asked[3] ?? this.rev)] : [0, 0, this.rev]
    const isNew = (rev: number) => rev > since && rev <= to
    const entered = [...this.come].filter(([, rev]) => isNew(rev)).map(([scope]) => scope)
    const left = [...this.gone].filter(([, rev]) => isNew(rev)).map(([scope]) => ({ scope, reason: 'reassigned' }))
    const order = [...this.feed].sort((a, b) => a.rev - b.rev)
    const newest = new Map(order.filter((row) => row.rev <= to).map((row, i) => [`${row.noun}:${row.id}`, i]))
    const fresh = order.map((row, i) => [row, i] as const).filter(([row, i]) => i >= at && newest.get(`${row.noun}:${row.id}`) === i &&
      !this.gone.has(row.scope) && (row.rev > since || entered.includes(row.scope)))
    const page = fresh.slice(0, this.pageRows)
    const more = fresh.length > page.length
    const next = more ? `${this.epoch}/${since}/${page.at(-1)![1] + 1}/${to}` : `${this.epoch}/${to}/0`
    return json({
      protocol: 1, epoch: this.epoch, server_time: new Date().toISOString(), reset, cookie: next, rev: more ? since : to, more,
      complete: !more, last: this.lastOf(device), rows: page.map(([row]) => row), entered, left,
    })
  }

  /** Rows in one answer to the second question. */
  repairRows = 2000
  repaired: string[] = []

  /** Live rows by scope, and the newest rev in each. */
  private scopes(): Map<string, { rows: WireRow[]; rev: number }> {
    const found = new Map<string, { rows: WireRow[]; rev: number }>()
    for (const row of this.held()) {
      const scope = found.get(row.scope) ?? { rows: [], rev: 0 }
      if (row.body !== null) scope.rows.push(row)
      found.set(row.scope, { rows: scope.rows, rev: Math.max(scope.rev, row.rev) })
    }
    return found
  }

  private check({ cookie, count, digest, scopes }: CheckBody): Response {
    const [epoch, from, skip] = cookie.split('/')
    const since = epoch === this.epoch && skip === '0' ? Number(from) : -1
    const head = { protocol: 2, epoch: this.epoch, server_time: new Date().toISOString() }
    if (scopes) return this.repair(head, since, scopes)
    const held = [...this.scopes()]
    const [rows, hex] = digestOf(held.flatMap(([, scope]) => scope.rows))
    const same = rows === count && hex === digest
    const moved = [...this.gone.values(), ...this.come.values()].some((rev) => rev > since)
    const verdict = moved || held.some(([, { rev }]) => rev > since) ? 'moved' : same ? 'agree' : 'differs'
    const said = held.filter(([, { rev }]) => rev <= since).map(([scope, found]) => [scope, digestOf(found.rows)])
    return json({ ...head, verdict, scopes: verdict === 'agree' ? null : Object.fromEntries(said) })
  }

  private repair(head: object, since: number, asked: NonNullable<CheckBody['scopes']>): Response {
    const held = this.scopes()
    const left = Object.keys(asked).filter((scope) => !held.has(scope))
    const rows: WireRow[] = []
    for (const [scope, listed] of Object.entries(asked)) {
      const found = held.get(scope)
      if (!found || found.rev > since) continue
      const here = new Map(listed.map(([noun, id, rev]) => [`${noun}:${id}`, rev]))
      rows.push(...found.rows.filter((row) => here.get(`${row.noun}:${row.id}`) !== row.rev))
      const live = new Set(found.rows.map((row) => `${row.noun}:${row.id}`))
      rows.push(...listed.filter(([noun, id]) => !live.has(`${noun}:${id}`))
        .map(([noun, id]) => ({ noun: noun as WireRow['noun'], id, scope, rev: since, body: null })))
    }
    this.repaired.push(...Object.keys(asked))
    const more = rows.length > this.repairRows
    return json({ ...head, rows: rows.slice(0, this.repairRows), more, left: left.map((scope) => ({ scope, reason: 'role' })) })
  }

  private tus(path: string, method: string, body: Uint8Array, headers: Headers): Response {
    if (method === 'POST') return this.open(headers)
    const upload = this.uploads.get(path)
    if (!upload) return problem(404, 'upload-gone')
    const offset = () => String(upload.bytes.length)
    if (method === 'HEAD') return new Response(null, { status: 200, headers: { 'Upload-Offset': offset() } })
    if (headers.get('Upload-Offset') !== offset()) return problem(409, 'offset-mismatch')
    const checksum = createHash('sha256').update(body).digest('base64')
    if (headers.get('Upload-Checksum') !== `sha256 ${checksum}`) return problem(460, 'checksum-mismatch')
    upload.bytes = new Uint8Array(Buffer.concat([upload.bytes, body]))
    if (upload.bytes.length === upload.size) this.keep(upload)
    return new Response(null, { status: 204, headers: { 'Upload-Offset': offset() } })
  }

  /** What a whole file does to the rows; nothing, unless a test says so. */
  stored: (attachment: string, rev: number) => WireRow[] = () => []

  private keep({ attachment, bytes }: Upload): void {
    this.files.set(attachment, bytes)
    const rows = this.stored(attachment, this.rev + 1)
    if (rows.length) this.rev += 1
    this.feed.push(...rows)
  }

  private open(headers: Headers): Response {
    const metadata = Object.fromEntries(headers.get('Upload-Metadata')!.split(',').map((pair) => pair.split(' ')))
    const [sha256, attachment] = [atob(metadata.sha256), atob(metadata.attachment)]
    const declared = this.journal.some(({ act }) => act.act === 'attachment.add' && (act.args as { id: string }).id === attachment)
    if (!declared) return problem(404, 'slot-unknown')
    const url = `/api/files/uploads/${this.requests.length}`
    this.uploads.set(url, { sha256, attachment, size: Number(headers.get('Upload-Length')), bytes: new Uint8Array() })
    return new Response(null, { status: 201, headers: { Location: url } })
  }
}
