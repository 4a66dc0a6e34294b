import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { acceptVisit, addNote, arrive, signReport } from '../../src/acts'
import { acceptReceipts, nextBatch } from '../../src/store/receipts'
import type { Store } from '../../src/store/current'
import { readMeta, writeMeta } from '../../src/store/meta'
import { syncStatus } from '../../src/store/status'
import { request, useFetch } from '../../src/sync/http'
import { syncAll, syncRows } from '../../src/sync/sync'
import { FakeServer, problem } from '../fakeServer'
import { bodyOf, emptyPhone, firstRows, phone, tab, VISIT, visitBody, wire, WO } from '../world'

let server: FakeServer
let store: Store
beforeEach(async () => {
  server = new FakeServer()
  useFetch(server.fetch as typeof fetch)
  store = await phone()
  await writeMeta(store.db, { cookie: 'epoch-1/10/0' })
})
afterEach(() => { vi.restoreAllMocks(); store.db.close() })

describe('a round', () => {
  test('sends what waits in order and closes it', async () => {
    await acceptVisit(VISIT)
    await arrive(VISIT)
    await syncRows(store)
    expect(server.journal.map(({ act }) => [act.n, act.act])).toEqual([[1, 'visit.accept'], [2, 'visit.arrive']])
    expect(await store.db.outbox.count()).toBe(0)
    expect(await store.db.journal.count()).toBe(2)
    expect(await syncStatus(store.db)).toMatchObject({ contact: 'ok', pendingActs: 0, syncing: false, phase: 'idle' })
  })

  test('whose answer was lost sends the same again, and nothing happens twice', async () => {
    await acceptVisit(VISIT)
    server.fault = (path) => (path.endsWith('push') ? 'lose-answer' : undefined)
    await expect(syncRows(store)).rejects.toThrow()
    expect(await syncStatus(store.db)).toMatchObject({ contact: 'failed', pendingActs: 1, problem: { code: 'no-contact' } })
    server.fault = () => undefined
    await syncRows(store)
    expect(server.journal).toHaveLength(1)
    const [first, second] = server.requests.filter(({ path }) => path.endsWith('push')).map(({ body }) => (body as { acts: unknown[] }).acts)
    expect(second).toEqual(first)
    expect(await store.db.outbox.count()).toBe(0)
  })

  test('in a captive portal is no contact, whatever its status says', async () => {
    await acceptVisit(VISIT)
    for (const status of [200, 401, 403]) {
      server.fault = () => new Response('<html>Welcome to the hotel</html>', { status, headers: { 'content-type': 'text/html' } })
      await expect(syncRows(store)).rejects.toThrow()
      expect(await syncStatus(store.db)).toMatchObject({ contact: 'failed', pendingActs: 1, signInNeeded: false, problem: { code: 'no-contact' } })
      expect((await syncStatus(store.db)).lastContactAt).toBeNull()
    }
  })

  test('refused as a whole leaves every act where it is', async () => {
    await acceptVisit(VISIT)
    server.fault = (path) => (path.endsWith('push') ? problem(403, 'device-revoked') : undefined)
    await expect(syncRows(store)).rejects.toThrow()
    expect(await syncStatus(store.db)).toMatchObject({ pendingActs: 1, problem: { code: 'device-revoked', detail: 'because device-revoked' } })
    expect((await store.db.outbox.toArray())[0]).toMatchObject({ tries: 1, state: 'pending' })
  })
})

describe('a round that goes wrong', () => {
  test('goes round a batch the server cannot read, up to the act at fault', async () => {
    await addNote(VISIT, 'good')
    await addNote(VISIT, 'bad')
    await addNote(VISIT, 'after')
    server.fault = (_, { body }) => (String(body).includes('"bad"') ? problem(400, 'malformed') : undefined)
    await expect(syncRows(store)).rejects.toMatchObject({ code: 'malformed' })
    expect(server.journal.map(({ act }) => (act.args as { text: string }).text)).toEqual(['good'])
    expect(await store.db.outbox.where('state').equals('pending').count()).toBe(2)
  })

  test('by two tabs at once sends each act once', async () => {
    const other = tab(store)
    for (let i = 0; i < 10; i++) await addNote(VISIT, String(i))
    await Promise.all([syncRows(store), syncRows(other), syncRows(store)])
    expect(server.journal).toHaveLength(10)
    expect(server.requests.flatMap(({ path, body }) => (path.endsWith('push') ? (body as { acts: unknown[] }).acts : []))).toHaveLength(10)
    other.db.close()
  })

  test('tells the board what remains after it, not before', async () => {
    await acceptVisit(VISIT)
    await syncRows(store)
    expect(server.statuses.map((status) => status.pending)).toEqual([0])
    await syncRows(store)
    expect(server.statuses).toHaveLength(1)
  })

  test('measures the clock against the middle of the exchange', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime('2026-11-21T08:00:00.000Z')
    server.fault = (path) => {
      if (!path.endsWith('pull')) return undefined
      vi.setSystemTime('2026-11-21T08:00:04.000Z') // four seconds on the way, there and back
      return Response.json({
        protocol: 1, epoch: 'epoch-1', server_time: '2026-11-21T09:00:02.000Z', reset: false, cookie: 'epoch-1/11/0', rev: 11,
        more: false, complete: true, last: 0, rows: [], entered: [], left: [],
      })
    }
    await writeMeta(store.db, { saidStatus: { pending: 0, filesWaiting: 0, visits: JSON.stringify({ [VISIT]: null }), at: '2026-11-21T08:00:00.000Z' } })
    await syncRows(store)
    vi.useRealTimers()
    expect(await readMeta(store.db, 'clockOffsetMs')).toBe(3600_000)
  })
})

test('a receipt for another act of the same number answers nothing', async () => {
  await acceptVisit(VISIT)
  const receipt = { n: 1, id: 'another', outcome: 'applied' as const, rev: 11, code: null, detail: null }
  expect(await acceptReceipts(store.db, { epoch: 'epoch-1', serverTime: '', last: 1, receipts: [receipt] })).toBe(false)
  expect((await store.db.outbox.get(1))?.state).toBe('pending')
})

describe('a batch', () => {
  test('holds at most a hundred acts', async () => {
    for (let i = 0; i < 130; i++) await addNote(VISIT, String(i))
    await syncRows(store)
    const sizes = server.requests.filter(({ path }) => path.endsWith('push')).map(({ body }) => (body as { acts: unknown[] }).acts.length)
    expect(sizes).toEqual([100, 30])
  })

  test('never splits a group', async () => {
    for (let i = 0; i < 99; i++) await addNote(VISIT, String(i))
    await sign('engineer')
    await syncRows(store)
    const batches = server.requests.filter(({ path }) => path.endsWith('push')).map(({ body }) => (body as { acts: { act: string }[] }).acts)
    expect(batches.map((acts) => acts.length)).toEqual([99, 2])
    expect(batches[1]!.map((act) => act.act)).toEqual(['attachment.add', 'report.sign'])
  })

  test('stays under the limit in bytes', async () => {
    for (let i = 0; i < 6; i++) await addNote(VISIT, 'x'.repeat(60_000))
    const batch = await nextBatch(store.db)
    expect(batch).toHaveLength(4)
  })
})

const sign = (role: 'engineer') => signReport({
  visit_id: VISIT, role, name: 'Alice', content: { a: role }, content_hash: role,
  strokes: { width: 1, height: 1, strokes: [] }, png: new Blob([role], { type: 'image/png' }),
})

describe('a server restored from a backup', () => {
  test('gets back what it had acknowledged', async () => {
    await acceptVisit(VISIT)
    await addNote(VISIT, '一')
    await addNote(VISIT, '二')
    await syncRows(store)
    const lost = server.journal.map(({ act }) => act.id)
    server.journal.length = 1
    server.epoch = 'epoch-2'
    server.feed = firstRows()
    await syncRows(store)
    expect(server.journal.map(({ act }) => act.id)).toEqual(lost)
    expect(await store.db.outbox.count()).toBe(0)
    expect(await store.db.journal.count()).toBe(3)
  })

  test('from before the journal began goes on with a line of other numbers', async () => {
    await acceptVisit(VISIT)
    await addNote(VISIT, '一')
    await syncRows(store)
    await store.db.journal.clear() // pruned: both were answered more than 30 days ago
    await addNote(VISIT, '二')
    await addNote(VISIT, '三')
    const [ids, before] = [(await store.db.outbox.orderBy('n').toArray()).map(({ id }) => id), await readMeta(store.db, 'deviceId')]
    server.journal = []
    server.epoch = 'epoch-2'
    server.feed = firstRows()
    await syncRows(store)
    const after = await readMeta(store.db, 'deviceId')
    expect(after).not.toBe(before)
    expect(server.journal.map(({ act, device }) => [act.n, act.id, device])).toEqual([[1, ids[0], after], [2, ids[1], after]])
    await addNote(VISIT, '四')
    await syncRows(store)
    expect(server.journal.at(-1)!.act).toMatchObject({ n: 3, args: { text: '四' } })
    expect(server.requests.filter(({ path }) => path === '/api/devices')).toHaveLength(1)
    expect(await syncStatus(store.db)).toMatchObject({ pendingActs: 0, contact: 'ok' })
    expect((await syncStatus(store.db)).problem).toBeUndefined()
  })

  test('from before part of the journal sends the part again too, once and in order', async () => {
    for (const text of ['一', '二', '三']) await addNote(VISIT, text)
    await syncRows(store)
    await store.db.journal.delete(1)
    await store.db.journal.delete(2)
    await addNote(VISIT, '四')
    server.journal.length = 1
    await syncRows(store)
    const texts = server.journal.filter(({ again }) => !again).map(({ act }) => (act.args as { text: string }).text)
    expect(texts).toEqual(['一', '三', '四'])
  })

  test('that waits for the same number after that is a fault to be told, not a circle', async () => {
    await acceptVisit(VISIT)
    await store.db.outbox.toCollection().modify((entry) => { entry.n = 5 })
    server.lastOf = () => 0
    await expect(syncRows(store)).rejects.toMatchObject({ code: 'no-receipts' })
    expect(server.requests.filter(({ path }) => path === '/api/devices')).toHaveLength(1)
    expect(await syncStatus(store.db)).toMatchObject({ pendingActs: 1 })
  })
})

describe('a token', () => {
  test('that has run out is renewed once, also by two requests at once', async () => {
    server.access = 'changed'
    await Promise.all([syncRows(store), syncAll(store)])
    expect(server.refreshes).toBe(1)
    expect(await readMeta(store.db, 'tokens')).toMatchObject({ access: 'access-1', refresh: 'refresh-2' })
  })

  test('is renewed by one tab for all: a refresh token is good for one use', async () => {
    server.access = 'changed'
    const other = tab(store)
    const ask = (who: Store) => request(who, '/api/sync/pull', { method: 'POST', body: '{"cookie":"epoch-1/10/0"}' })
    const answers = await Promise.all([ask(store), ask(other), ask(store)])
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200])
    expect(server.refreshes).toBe(1)
    other.db.close()
  })

  test('that is not renewed any more stops sending and nothing else', async () => {
    await acceptVisit(VISIT)
    await writeMeta(store.db, { tokens: { access: 'old', refresh: 'stolen', accessExpiresAt: '2099-01-01T00:00:00Z' } })
    await expect(syncRows(store)).rejects.toMatchObject({ code: 'refresh-refused' })
    await arrive(VISIT)
    expect(await syncStatus(store.db)).toMatchObject({ signInNeeded: true, pendingActs: 2 })
    await writeMeta(store.db, { tokens: { access: server.access, refresh: 'refresh-1', accessExpiresAt: '2099-01-01T00:00:00Z' } })
    await syncRows(store)
    expect(await syncStatus(store.db)).toMatchObject({ signInNeeded: false, pendingActs: 0, contact: 'ok' })
  })

  test('never carries another person\'s work', async () => {
    await acceptVisit(VISIT)
    const bob = await emptyPhone('01900000-0000-7000-8000-00000000000b', 'Bob')
    server.access = 'access-of-Bob'
    await syncRows(bob)
    expect(server.journal).toHaveLength(0)
    bob.db.close()
  })
})

test('a first sync that dies on its second page goes on from there', async () => {
  const fresh = await emptyPhone()
  server.feed = firstRows().concat(Array.from({ length: 25 }, (_, i) => wire('part', `p${i}`, 'ref', { name: String(i) }, 10)))
  server.pageRows = 10
  let pulls = 0
  server.fault = (path) => (path.endsWith('pull') && ++pulls === 3 ? 'no-network' : undefined)
  await expect(syncRows(fresh)).rejects.toThrow()
  expect(await syncStatus(fresh.db)).toMatchObject({ firstSync: { complete: false, rows: 20 } })
  await syncRows(fresh)
  expect(await syncStatus(fresh.db)).toMatchObject({ firstSync: { complete: true, rows: 31 } })
  expect(await fresh.db.rows.count()).toBe(31)
  expect(await bodyOf(fresh, 'visit', VISIT)).toMatchObject(visitBody())
  expect(server.feed.some((row) => row.scope === WO)).toBe(true)
  fresh.db.close()
})
