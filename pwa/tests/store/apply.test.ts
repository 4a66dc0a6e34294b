import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { acceptVisit, addNote, arrive, startWork, usePart } from '../../src/acts'
import { applyPull } from '../../src/store/apply'
import type { Store } from '../../src/store/current'
import { readMeta } from '../../src/store/meta'
import { acceptReceipts } from '../../src/store/receipts'
import { bodyOf, firstRows, orderBody, page, ORDER, PART, phone, SITE, STOCK, VISIT, visitBody, wire, WO } from '../world'

let store: Store
beforeEach(async () => { store = await phone() })
afterEach(() => { vi.restoreAllMocks(); store.db.close() })

const AT = '2026-11-21T09:00:00.000Z'
const pull = (more: Parameters<typeof page>[0]) => applyPull(store, page(more), AT)

async function receipts(rev: number, outcome: 'applied' | 'parked' = 'applied'): Promise<void> {
  const waiting = await store.db.outbox.where('state').equals('pending').toArray()
  await acceptReceipts(store.db, {
    epoch: 'epoch-1', serverTime: AT, last: waiting.at(-1)!.n,
    receipts: waiting.map(({ n, id }) => ({ n, id, outcome, rev, code: outcome === 'parked' ? 'illegal' : null, detail: null })),
  })
}

describe('a pull', () => {
  test('lays what waits over what came', async () => {
    await acceptVisit(VISIT)
    await addNote(VISIT, '到前台登记')
    await pull({ rev: 12, cookie: 'c2', rows: [wire('visit', VISIT, WO, visitBody({ brief: '带梯子' }), 12)] })
    expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'accepted', brief: '带梯子' })
    expect(await store.db.rows.where('noun').equals('note').count()).toBe(1)
    expect(await store.db.outbox.count()).toBe(2)
  })

  test('does not count a part twice however often it is laid over', async () => {
    await usePart({ visit_id: VISIT, part_id: PART, quantity: 2, source: 'own' })
    for (const rev of [11, 12, 13]) await pull({ rev })
    expect(await bodyOf(store, 'stock', STOCK)).toMatchObject({ quantity: 3 })
  })

  test('keeps an answered act until it holds its effect, then moves it to the journal in the same breath', async () => {
    await acceptVisit(VISIT)
    await receipts(20)
    await pull({ rev: 15, cookie: 'c2' })
    expect(await store.db.outbox.count()).toBe(1)
    expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'accepted' })
    await pull({ rev: 20, cookie: 'c3', rows: [wire('visit', VISIT, WO, visitBody({ state: 'accepted' }), 20)] })
    expect(await store.db.outbox.count()).toBe(0)
    expect(await store.db.journal.toArray()).toMatchObject([{ n: 1, outcome: 'applied', closedAt: AT }])
    expect(await store.db.rows.get(`visit:${VISIT}`)).toMatchObject({ dirty: 0, body: { state: 'accepted' } })
  })

  test('closes an act with the page that brings the pass to its rev, also when more is to come', async () => {
    await acceptVisit(VISIT)
    await receipts(20)
    await pull({ rev: 10, cookie: 'c2', more: true, complete: false })
    expect(await store.db.outbox.count()).toBe(1)
    await pull({ rev: 20, cookie: 'c3', more: true, complete: true })
    expect(await store.db.outbox.count()).toBe(0)
  })

  test('shows the server\'s word again when an act was parked', async () => {
    await acceptVisit(VISIT)
    await receipts(20, 'parked')
    await pull({ rev: 20, cookie: 'c2' })
    expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'dispatched' })
    expect(await store.db.journal.toArray()).toMatchObject([{ outcome: 'parked', code: 'illegal' }])
  })
})

describe('a pull with acts still waiting', () => {
  test('never lets an older row replace a newer one', async () => {
    await pull({ rev: 30, rows: [wire('work_order', ORDER, WO, orderBody({ title: 'new' }), 30)] })
    await pull({ rev: 31, rows: [wire('work_order', ORDER, WO, orderBody({ title: 'old' }), 25)] })
    expect(await bodyOf(store, 'work_order', ORDER)).toMatchObject({ title: 'new' })
  })

  test('that dies half-way leaves rows, cookie and outbox as they were', async () => {
    await acceptVisit(VISIT)
    await receipts(20)
    const tables = Object.getPrototypeOf(store.db.meta) as typeof store.db.meta
    const put = tables.bulkPut
    vi.spyOn(tables, 'bulkPut').mockImplementation(function (this: typeof tables, entries: readonly { key: string }[]) {
      if (entries.some((entry) => entry.key === 'cookie')) throw new Error('killed')
      return put.call(this, entries as never)
    } as never)
    const rows = [wire('visit', VISIT, WO, visitBody({ state: 'accepted' }), 20), wire('part', 'p9', 'ref', { name: 'x' }, 20)]
    await expect(pull({ rev: 20, cookie: 'c9', rows, left: [{ scope: `site:${SITE}`, reason: 'done' }] })).rejects.toThrow()
    vi.restoreAllMocks()
    expect(await readMeta(store.db, 'cookie')).toBe('c1')
    expect(await store.db.outbox.count()).toBe(1)
    expect(await store.db.journal.count()).toBe(0)
    expect(await store.db.rows.get('part:p9')).toBeUndefined()
    expect(await store.db.rows.get(`site:${SITE}`)).toBeDefined()
  })

  test('calls the first sync complete only with the page that says so', async () => {
    await store.db.meta.delete('firstSyncComplete')
    await pull({ rev: 11, cookie: 'c2', more: true, complete: false })
    expect(await readMeta(store.db, 'firstSyncComplete')).toBe(false)
    await pull({ rev: 11, cookie: 'c3', complete: true })
    expect(await readMeta(store.db, 'firstSyncComplete')).toBe(true)
  })

  test('of a full page over a long day of unsent acts is one transaction', async () => {
    for (let i = 0; i < 150; i++) await addNote(VISIT, String(i))
    const rows = Array.from({ length: 1000 }, (_, i) => wire('part', `p${i}`, 'ref', { name: String(i) }, 12))
    await pull({ rev: 12, cookie: 'c2', rows })
    expect(await store.db.rows.where('noun').equals('part').count()).toBe(1001)
    expect(await store.db.rows.where('noun').equals('note').count()).toBe(150)
    expect(await readMeta(store.db, 'cookie')).toBe('c2')
  })

  test('removes a row whose body is null', async () => {
    await pull({ rev: 12, rows: [wire('part', PART, 'ref', null, 12)] })
    expect(await store.db.rows.get(`part:${PART}`)).toBeUndefined()
  })
})

describe('a scope left', () => {
  const left = [{ scope: WO, reason: 'reassigned' }, { scope: `site:${SITE}`, reason: 'reassigned' }]

  test('takes its rows along', async () => {
    await pull({ rev: 12, left })
    expect(await store.db.rows.where('scope').equals(WO).count()).toBe(0)
    expect(await store.db.rows.get(`part:${PART}`)).toBeDefined()
  })

  test('leaves what waiting acts stand on, handed over, until they are answered and pulled', async () => {
    await acceptVisit(VISIT)
    await arrive(VISIT)
    await pull({ rev: 12, left })
    for (const key of [`visit:${VISIT}`, `work_order:${ORDER}`, `site:${SITE}`]) {
      expect(await store.db.rows.get(key), key).toMatchObject({ handedOver: 'reassigned' })
    }
    expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'arrived' })
    await addNote(VISIT, '已交接') // facts are still taken
    expect(await store.db.outbox.count()).toBe(3)
    await receipts(14, 'parked')
    await pull({ rev: 14 })
    expect(await store.db.rows.where('scope').anyOf(WO, `site:${SITE}`).count()).toBe(0)
  })

  test('and entered in the same answer is entered', async () => {
    await pull({ rev: 12, left, entered: [WO, `site:${SITE}`] })
    expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'dispatched' })
  })

  test('and entered again later is whole again', async () => {
    await acceptVisit(VISIT)
    await pull({ rev: 12, left })
    await pull({ rev: 15, entered: [WO], rows: firstRows().map((row) => ({ ...row, rev: 15 })) })
    const row = await store.db.rows.get(`visit:${VISIT}`)
    expect(row?.handedOver).toBeUndefined()
    expect(row?.body).toMatchObject({ state: 'accepted' })
  })
})

describe('a server restored from a backup, heard of by a push before any pull', () => {
  const answer = (more: object) => ({ epoch: 'epoch-2', serverTime: AT, last: 1, receipts: [], ...more })
  beforeEach(async () => {
    await acceptVisit(VISIT)
    await receipts(900)
  })

  test('is asked again for every receipt of its former life, whose rev says nothing any more', async () => {
    await acceptReceipts(store.db, answer({}))
    expect(await store.db.outbox.toArray()).toMatchObject([{ n: 1, state: 'pending', rev: null }])
    await acceptReceipts(store.db, answer({
      receipts: [{ n: 1, id: (await store.db.outbox.get(1))!.id, outcome: 'applied', rev: 3, code: null, detail: null }],
    }))
    await pull({ epoch: 'epoch-2', reset: true, rev: 4, cookie: 'e2' })
    expect(await store.db.outbox.count()).toBe(0)
  })

  test('is offered every file again', async () => {
    await store.db.files.put({
      attachmentId: 'a', sha256: 's', size: 1, mime: 'image/jpeg', purpose: 'site', state: 'verified', addedAt: AT,
      tries: 0, error: null, offset: 1, priority: 0, visitId: VISIT, uploadUrl: null, verifiedAt: AT,
    } as never)
    await acceptReceipts(store.db, answer({}))
    expect(await store.db.files.get('a')).toMatchObject({ state: 'waiting', offset: 0 })
  })
})

describe('a reset', () => {
  test('throws away pulled rows and nothing else', async () => {
    await acceptVisit(VISIT)
    await store.db.drafts.put({ key: 'note', value: '打了一半', at: AT })
    await pull({ reset: true, epoch: 'epoch-2', rev: 2, cookie: 'd1', more: true, complete: false })
    expect(await store.db.rows.get(`part:${PART}`)).toBeUndefined()
    expect(await store.db.outbox.count()).toBe(1)
    expect(await store.db.drafts.count()).toBe(1)
    expect(await bodyOf(store, 'visit', VISIT), 'what waits stays visible').toMatchObject({ state: 'accepted' })
    await pull({ epoch: 'epoch-2', rev: 2, cookie: 'd2', rows: [wire('visit', VISIT, WO, visitBody({ brief: 'v2' }), 2)] })
    expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'accepted', brief: 'v2' })
  })

  test('that does not bring a row back marks it as handed over while acts wait on it', async () => {
    await acceptVisit(VISIT)
    await pull({ reset: true, epoch: 'epoch-2', rev: 2, cookie: 'd1' })
    expect(await store.db.rows.get(`visit:${VISIT}`)).toMatchObject({ handedOver: 'reset' })
  })
})

test('rows that this app cannot make sense of come in all the same', async () => {
  await acceptVisit(VISIT)
  vi.spyOn(console, 'error').mockImplementation(() => {})
  await store.db.outbox.update(1, { args: null as never }) // an effect that throws
  const odd = { ...visitBody(), times: null, work_order_id: 5 }
  const rows = [wire('visit', VISIT, WO, null, 11), wire('visit', VISIT, WO, odd, 12), wire('hologram', 'h1', 'ref', { x: 1 }, 12)]
  await pull({ rev: 12, cookie: 'c2', rows })
  expect(console.error).toHaveBeenCalled()
  expect(await readMeta(store.db, 'cookie')).toBe('c2')
  expect(await store.db.rows.get('hologram:h1')).toBeDefined()
  expect(await store.db.outbox.count()).toBe(1)
})

test('a life-cycle act whose ground was taken away changes nothing and is still sent', async () => {
  await acceptVisit(VISIT)
  await arrive(VISIT)
  await startWork(VISIT)
  await pull({ rev: 12, rows: [wire('visit', VISIT, WO, visitBody({ state: 'cancelled' }), 12)] })
  expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'cancelled' })
  expect(await store.db.outbox.count()).toBe(3)
})
