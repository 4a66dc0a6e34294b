import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acceptVisit, addNote } from '../../src/acts'
import { newId } from '../../src/protocol/ids'
import { applyPull } from '../../src/store/apply'
import type { Store } from '../../src/store/current'
import { keyOf, refsOf, type StoredRow } from '../../src/store/database'
import { readMeta, writeMeta } from '../../src/store/meta'
import { pulledRows } from '../../src/store/repair'
import { syncStatus } from '../../src/store/status'
import { checkIfDue } from '../../src/sync/check'
import { useFetch } from '../../src/sync/http'
import { syncRows } from '../../src/sync/sync'
import { FakeServer, problem } from '../fakeServer'
import { bodyOf, firstRows, page, PART, phone, SITE, VISIT, visitBody, wire, WO } from '../world'

let server: FakeServer
let store: Store
beforeEach(async () => {
  server = new FakeServer()
  server.feed = firstRows()
  useFetch(server.fetch as typeof fetch)
  store = await phone()
  await writeMeta(store.db, { cookie: 'epoch-1/10/0' })
})
afterEach(() => store.db.close())

const check = () => checkIfDue(store, true)
const compared = async () => (await syncStatus(store.db)).compared
const held = async () => new Map([...(await pulledRows(store.db))].map(([scope, rows]) => [scope, rows.map(String).sort()]))
const questions = () => server.requests.filter(({ path }) => path === '/api/sync/check').length
const stored = (noun: string, id: string, scope: string, rev: number, body: object): StoredRow =>
  ({ key: keyOf(noun, id), noun, id, scope, rev, base: body, body, dirty: 0, refs: refsOf(noun, scope, body) } as StoredRow)

/** One thing wrong with the rows, written past everything that keeps them right. */
const FAULTS: Record<string, () => Promise<unknown>> = {
  'a row is missing': () => store.db.rows.delete(keyOf('part', PART)),
  'a row is stale': () => store.db.rows.update(keyOf('part', PART), { rev: 9, base: { name: '旧' }, body: { name: '旧' } }),
  'a row is of a rev that never was': () => store.db.rows.update(keyOf('part', PART), { rev: 99 }),
  'a row is too many': () => store.db.rows.put(stored('part', newId(), 'ref', 3, {})),
  'a scope was not left': () => store.db.rows.put(stored('note', newId(), `wo:${newId()}`, 3, {})),
  'a row is taken for handed over': () => store.db.rows.update(keyOf('part', PART), { handedOver: 'reassigned' }),
}

describe('a check', () => {
  test('of a phone that holds what it should says so', async () => {
    await check()
    expect(await compared()).toMatchObject({ repaired: 0, startedOver: false })
    expect([questions(), server.repaired]).toEqual([1, []])
  })

  test.each(Object.keys(FAULTS))('finds and repairs that %s', async (fault) => {
    const right = await held()
    const body = await bodyOf(store, 'part', PART)
    await FAULTS[fault]!()
    await check()
    expect(await held()).toEqual(right)
    expect(await bodyOf(store, 'part', PART)).toEqual(body)
    expect(await compared()).toMatchObject({ repaired: 1, startedOver: false })
    await check()
    expect(await compared()).toMatchObject({ repaired: 0 })
  })

  test('repairs what was lost as a whole, in answers that were full', async () => {
    const right = await held()
    server.repairRows = 1
    await store.db.rows.clear()
    await check()
    expect(await held()).toEqual(right)
    expect((await compared())?.repaired).toBe(firstRows().length)
  })

  test('counts what was pulled, not what acts made of it', async () => {
    await acceptVisit(VISIT)
    await addNote(VISIT, '记一笔')
    await check()
    expect(await compared()).toMatchObject({ repaired: 0 })
    await store.db.rows.update(keyOf('visit', VISIT), { rev: 3, base: visitBody({ brief: '旧' }) })
    await check()
    expect(await compared()).toMatchObject({ repaired: 1 })
    expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'accepted', brief: '' })
    expect(await store.db.rows.get(keyOf('visit', VISIT))).toMatchObject({ rev: 10, dirty: 1, base: visitBody() })
    expect(await store.db.outbox.count()).toBe(2)
  })
})

describe('a check in a bad moment', () => {
  test('pulls first what changed meanwhile, and then compares', async () => {
    server.rev = 11
    server.feed.push(wire('part', PART, 'ref', { name: '新' }, 11))
    await check()
    expect(await bodyOf(store, 'part', PART)).toEqual({ name: '新' })
    expect(await compared()).toMatchObject({ repaired: 0 })
  })

  test('makes a phone start over whose scope differs twice, and keeps what it has to send', async () => {
    const right = await held()
    await acceptVisit(VISIT)
    server.fault = (path) => (path.endsWith('push') ? problem(503, 'busy') : undefined)
    await FAULTS['a row is missing']!()
    await check()
    await FAULTS['a row is stale']!()
    await expect(check()).rejects.toThrow()
    expect(await compared()).toMatchObject({ startedOver: true })
    expect(await readMeta(store.db, 'cookie')).toBeNull()
    expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'accepted' })
    expect(await store.db.outbox.count()).toBe(1)
    server.fault = () => undefined
    await syncRows(store)
    expect(await held()).toEqual(right)
    await FAULTS['a row is missing']!()
    await check()
    expect(await compared()).toMatchObject({ repaired: 1, startedOver: false })
  })

  test('whose answer comes after a pull changes nothing', async () => {
    await FAULTS['a row is missing']!()
    const wrong = await held()
    const fetch = server.fetch
    useFetch((async (input: unknown, init: RequestInit) => {
      const answer = await fetch(input, init)
      if (String(init.body).includes('"scopes"')) await writeMeta(store.db, { cookie: `another tab's` })
      if (String(input).endsWith('pull')) throw new TypeError('no network')
      return answer
    }) as typeof globalThis.fetch)
    await expect(check()).rejects.toThrow()
    expect(await held()).toEqual(wrong)
    expect(await compared()).toBeNull()
  })

  test('is made once an hour, when it is not asked for', async () => {
    const later = (minutes: number) =>
      writeMeta(store.db, { compared: { at: new Date(Date.now() - minutes * 60_000).toISOString(), repaired: 0, startedOver: false } })
    for (const [minutes, made] of [[59, 0], [61, 1], [-5, 2]] as const) { // the last: a clock that was put back
      await later(minutes)
      await checkIfDue(store, false)
      expect(questions()).toBe(made)
    }
  })

  test('waits for the first sync, and does without a server that knows none', async () => {
    await writeMeta(store.db, { firstSyncComplete: false })
    await check()
    expect(questions()).toBe(0)
    await writeMeta(store.db, { firstSyncComplete: true })
    server.fault = (path) => (path.endsWith('check') ? problem(404, 'not-found') : undefined)
    await check()
    expect([questions(), await compared()]).toEqual([1, null])
  })
})

test('a scope handed over and given back is held again, also where its rows did not change', async () => {
  await acceptVisit(VISIT)
  await applyPull(store, page({ cookie: 'c2', rev: 11, left: [{ scope: WO, reason: 'reassigned' }, { scope: `site:${SITE}`, reason: 'reassigned' }] }), '')
  expect(await store.db.rows.get(keyOf('site', SITE))).toMatchObject({ handedOver: 'reassigned' })
  const back = firstRows().filter(({ scope }) => scope === WO || scope === `site:${SITE}`)
  await applyPull(store, page({ cookie: 'c3', rev: 12, entered: [WO, `site:${SITE}`], rows: back }), '')
  await store.db.outbox.clear()
  await applyPull(store, page({ cookie: 'c4', rev: 13 }), '')
  expect((await store.db.rows.get(keyOf('site', SITE)))?.handedOver).toBeUndefined()
  expect(await bodyOf(store, 'site', SITE)).toMatchObject({ name: '恒远大厦' })
})
