/** A world that goes wrong: a network of every bad kind, and a page that is killed at any of its awaits. Seeded. */
import type { DBCore, DBCoreTable } from 'dexie'
import { current, type Store } from '../src/store/current'
import { UserDatabase } from '../src/store/database'
import { useFetch } from '../src/sync/http'
import { problem, type FakeServer } from './fakeServer'

/** Numbers in [0, 1) from a seed (mulberry32). */
export function chances(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const killed = () => new Error('the page was killed')

/**
 * A page on one person's database. `kill` is what a system does: open transactions are rolled back, and nothing of the
 * page reaches the database or the network any more.
 */
export class Page {
  alive = true
  readonly store: Store
  private readonly open = new Set<IDBTransaction>()
  /** Operations on the database until the page is killed in the middle of one. */
  private left = Infinity

  constructor(of: Omit<Store, 'db'>) {
    const db = new UserDatabase(of.userId)
    db.use({ stack: 'dbcore', name: 'page', create: (core) => this.watched(core) })
    this.store = { ...of, db }
    current.value = this.store
  }

  dieAfter(operations: number): void {
    this.left = operations
  }

  kill(): void {
    this.alive = false
    for (const transaction of this.open) {
      try {
        transaction.abort()
      } catch { /* it has just ended */ }
    }
  }

  private watched(core: DBCore): DBCore {
    const step = () => {
      if (this.alive && this.left-- <= 0) this.kill()
      if (!this.alive) throw killed()
    }
    const around = <Ask, Answer>(work: (ask: Ask) => Promise<Answer>) => async (ask: Ask): Promise<Answer> => {
      step() // before the work …
      const answer = await work(ask)
      step() // … or after it, before the transaction ends
      return answer
    }
    const table = (inner: DBCoreTable): DBCoreTable => ({
      ...inner,
      mutate: around(inner.mutate), get: around(inner.get), getMany: around(inner.getMany), query: around(inner.query),
      openCursor: around(inner.openCursor), count: around(inner.count),
    })
    return {
      ...core,
      table: (name) => table(core.table(name)),
      transaction: (...asked) => {
        step()
        const transaction = core.transaction(...asked) as unknown as IDBTransaction
        this.open.add(transaction)
        for (const end of ['complete', 'abort']) transaction.addEventListener(end, () => this.open.delete(transaction))
        return transaction as never
      },
    }
  }
}

export const FAULTS = [
  'dropped', 'answer lost', 'served twice', 'answer cut', 'request cut', 'busy', 'gateway', 'portal', 'token expired',
  'killed before', 'killed after',
] as const
export type Fault = (typeof FAULTS)[number]

/** A line to the server on which this share of all requests goes wrong. */
export class Line {
  page: Page | null = null
  share = 0
  /** Called before a request is served: the office does not wait for this phone. */
  meanwhile: () => void = () => {}
  readonly seen = new Map<Fault, number>()

  constructor(private readonly server: FakeServer, private readonly chance: () => number) {
    useFetch(((input: unknown, init: RequestInit = {}) => this.ask(input, init)) as typeof fetch)
  }

  private async ask(input: unknown, init: RequestInit): Promise<Response> {
    const page = this.page
    if (!page?.alive) throw killed()
    const wrong = this.chance() < this.share ? FAULTS[Math.floor(this.chance() * FAULTS.length)]! : null
    if (wrong) this.seen.set(wrong, (this.seen.get(wrong) ?? 0) + 1)
    const early = wrong && before(wrong, page, this.server)
    if (early) return early
    this.meanwhile()
    const answer = await this.server.fetch(input, wrong === 'request cut' ? cutRequest(init) : init)
    if (wrong === 'answer lost') throw new TypeError('connection reset')
    if (wrong === 'killed after') page.kill()
    if (!page.alive) throw killed()
    if (wrong === 'served twice') return this.server.fetch(input, init)
    return wrong === 'answer cut' ? cutAnswer(answer) : answer
  }
}

/** What happens to a request before it comes to the server; null when it does come. */
function before(fault: Fault, page: Page, server: FakeServer): Response | null {
  if (fault === 'dropped') throw new TypeError('Failed to fetch')
  if (fault === 'killed before') {
    page.kill()
    throw killed()
  }
  if (fault === 'busy') return problem(503, 'busy')
  if (fault === 'gateway') return new Response('<h1>503</h1>', { status: 503, headers: { 'content-type': 'text/html' } })
  if (fault === 'portal') return new Response('<html>Welcome to the hotel</html>', { headers: { 'content-type': 'text/html' } })
  if (fault === 'token expired') server.access = `nobody's ${server.requests.length}`
  return null
}

/** Half of the bytes of a file; a request of JSON that is cut is one that never came. */
function cutRequest(init: RequestInit): RequestInit {
  if (!(init.body instanceof Uint8Array)) throw new TypeError('connection reset')
  return { ...init, body: init.body.slice(0, init.body.length >> 1) }
}

async function cutAnswer(answer: Response): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const body = bytes.length ? bytes.slice(0, bytes.length >> 1) : null
  return new Response(body, { status: answer.status, headers: answer.headers })
}
