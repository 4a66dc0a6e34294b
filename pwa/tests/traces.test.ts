/**
 * Traces of the simulator (`tests/simulation/recording.py`): what one phone of a world did and was told, with dropped,
 * lost and broken answers and restored servers. This client does and is told the same, and must ask the same and end
 * with the same rows, receipts and cookie, after every contact. The act's effects that a screen shows are not compared:
 * the reference client has none.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Act } from '../src/protocol/acts'
import type * as Ids from '../src/protocol/ids'
import type { Role } from '../src/protocol/nouns'
import { appendActs } from '../src/store/append'
import { current, type Store } from '../src/store/current'
import { UserDatabase } from '../src/store/database'
import { readMeta, writeMeta } from '../src/store/meta'
import { ActRefused } from '../src/store/refusal'
import { NoContact, Problem, useFetch } from '../src/sync/http'
import { syncRows } from '../src/sync/sync'

const given = vi.hoisted(() => ({ ids: [] as string[] }))
vi.mock('../src/protocol/ids', async (original) => {
  const real = await original<typeof Ids>()
  return { ...real, newId: () => given.ids.shift() ?? real.newId() }
})

type Json = Record<string, unknown>
interface Exchange { acts?: [number, string][]; cookie?: string | null; status?: number; answer?: Json; text?: string }
interface State { cookie: string | null; outbox: unknown[]; settled: number; rows: [number, string] }
interface Event { act?: Act; sync?: string; push?: Exchange; pull?: Exchange; state?: State }
interface Trace {
  user: string; login: string; device: string; roles: Role[]
  events: Event[]; rows: unknown[]; bodies: Record<string, object>
}

const folder = new URL('../../tests/vectors/traces/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
const load = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Trace

/** A transport and a person who do what the trace says. */
class Player {
  private at = 0
  /** What the client asked otherwise than the reference client. Kept, because a transport's throw is only "no network". */
  private wrong: unknown = null
  private heard = { epoch: '', last: 0 }
  private now = ''
  byTheStore = 0

  constructor(readonly trace: Trace, readonly store: Store) {}

  async play(): Promise<void> {
    while (this.at < this.trace.events.length) {
      const event = this.trace.events[this.at]!
      if (event.act) await this.savesNext()
      else if (event.sync) await this.contact(event.sync)
      else throw new Error(`the client never asked: event ${this.at}, ${JSON.stringify(event).slice(0, 200)}`)
    }
  }

  private async contact(at: string): Promise<void> {
    this.now = at
    vi.setSystemTime(at)
    this.at += 1
    await syncRows(this.store).catch((error: unknown) => {
      if (!(error instanceof NoContact || error instanceof Problem)) throw error
    })
    if (this.wrong) throw this.wrong
    await this.saves()
    const { state } = this.trace.events[this.at]!
    expect(await stateOf(this.store.db), `after event ${this.at}`).toEqual(state)
    this.at += 1
  }

  /** What was saved while a request was under way stands before it in the trace. */
  private async saves(): Promise<void> {
    while (this.trace.events[this.at]?.act) await this.savesNext()
  }

  private async savesNext(): Promise<void> {
    await this.save(this.trace.events[this.at]!.act!)
    this.at += 1
  }

  /** By the store, as a screen would. What the screen would not offer (people in a world do nonsense) goes past it. */
  private async save(act: Act): Promise<void> {
    given.ids = [act.id]
    const { db } = this.store
    try {
      const [saved] = await appendActs(this.store, [act], { at: act.at, group: act.group, files: [] })
      this.byTheStore += 1
      expect(saved!.n).toBe(act.n)
    } catch (error) {
      if (!(error instanceof ActRefused)) throw error
      const unanswered = { state: 'pending', outcome: null, rev: null, code: null, detail: null } as const
      await db.outbox.add({ ...act, ...unanswered, touches: [], tries: 0, visitId: null })
      await writeMeta(db, { lastN: act.n })
    } finally {
      given.ids = []
    }
  }

  readonly fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    await this.saves()
    const door = String(input).endsWith('push') ? 'push' : 'pull'
    const asked = JSON.parse(String(init.body)) as { acts?: Act[]; cookie?: string | null }
    if (asked.acts?.length === 0) return this.statusOnly() // the reference client says how it is with its acts only
    try {
      return this.answer(this.expected(door, asked))
    } catch (error) {
      if (error instanceof TypeError) throw error
      this.wrong ??= error
      throw new TypeError('the trace knows no answer', { cause: error })
    }
  }

  private expected(door: 'push' | 'pull', asked: { acts?: Act[]; cookie?: string | null }): Exchange {
    const event = this.trace.events[this.at]
    if (!event?.[door]) throw new Error(`asked ${door} at event ${this.at}: ${JSON.stringify(event).slice(0, 200)}`)
    const exchange = event[door]
    if (door === 'pull') expect(asked.cookie).toBe(exchange.cookie)
    else expect(asked.acts!.map(({ n, id }) => [n, id])).toEqual(exchange.acts)
    for (const act of asked.acts ?? []) {
      expect(act).toEqual(this.trace.events.find((one) => one.act?.id === act.id)!.act)
    }
    this.at += 1
    return exchange
  }

  private answer({ status, answer, text }: Exchange): Response {
    if (status === undefined) throw new TypeError('Failed to fetch')
    if (text !== undefined) return new Response(text, { status, headers: { 'content-type': 'application/json' } })
    if (status >= 400) return new Response(JSON.stringify(answer), { status, headers: { 'content-type': 'application/problem+json' } })
    this.heard = answer as unknown as typeof this.heard
    const rows = (answer!['rows'] as [string, string, string, number, string | null][] | undefined)?.map(
      ([noun, id, scope, rev, body]) => ({ noun, id, scope, rev, body: body === null ? null : this.trace.bodies[body] }))
    return Response.json({ ...answer, ...(rows && { rows }) })
  }

  private statusOnly(): Response {
    const { epoch, last } = this.heard
    return Response.json({ protocol: 1, epoch, server_time: new Date(this.now).toISOString(), last, receipts: [] })
  }
}

async function stateOf(db: UserDatabase): Promise<State> {
  const outbox = (await db.outbox.orderBy('n').toArray()).map(({ n, id, state, outcome, rev, code }) =>
    [n, id, state === 'answered' ? [outcome, rev, code] : null])
  const held = await heldRows(db)
  const sum = held.reduce((total, { noun, id, rev }) => total + hashOf(`${noun}|${id}|${rev}`), 0n)
  return {
    cookie: (await readMeta(db, 'cookie')) ?? null, outbox, settled: await db.journal.count(),
    rows: [held.length, BigInt.asUintN(64, sum).toString(16).padStart(16, '0')],
  }
}

/** As pulled. A row kept through a reset for the acts on it has no rev yet, and one handed over is not held. */
const heldRows = async (db: UserDatabase) =>
  (await db.rows.toArray()).filter((row) => row.base !== null && row.rev > 0 && !row.handedOver)

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hashOf = (text: string) => BigInt(`0x${sha256(text).slice(0, 16)}`)

/** JSON with sorted keys, as the recorder hashes it. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`
}

async function rowsOf(db: UserDatabase): Promise<unknown[]> {
  const rows = (await heldRows(db)).map(({ noun, id, rev, base }) => [noun, id, rev, sha256(canonical(base)).slice(0, 16)])
  return rows.sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1))
}

async function phoneOf({ user, login, device, roles }: Trace): Promise<Store> {
  const db = new UserDatabase(user)
  await db.delete()
  await db.open()
  await writeMeta(db, {
    deviceId: device, user: { id: user, login, name: login, roles },
    tokens: { access: 'access', refresh: 'refresh', accessExpiresAt: '2099-01-01T00:00:00.000Z' },
  })
  current.value = { userId: user, deviceId: device, name: login, roles, db }
  return current.value
}

afterEach(() => { vi.useRealTimers(); current.value?.db.close() })

describe('what a phone of the simulator did, this client does too', () => {
  test('there are traces', () => { expect(names.length).toBeGreaterThanOrEqual(12) })

  test.each(names)('%s', async (name) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const trace = load(name)
    const store = await phoneOf(trace)
    const player = new Player(trace, store)
    useFetch(player.fetch as typeof fetch)
    await player.play()
    expect(await rowsOf(store.db)).toEqual(trace.rows)
    expect(player.byTheStore).toBeGreaterThan(0)
  })
})
