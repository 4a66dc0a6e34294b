import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { acceptVisit, addNote, arrive, editDiagnosis, finishWork, pauseWork, startChecklist, startWork, usePart, withdrawPart } from '../../src/acts'
import { appendActs } from '../../src/store/append'
import type { Store } from '../../src/store/current'
import { ALICE, BOB, bodyOf, ORDER, PART, phone, STOCK, tab, VERSION, VISIT } from '../world'

let store: Store
beforeEach(async () => { store = await phone() })
afterEach(() => { vi.restoreAllMocks(); store.db.close() })

/** All tables, also those bound to a transaction, share one prototype. */
const tables = () => Object.getPrototypeOf(store.db.outbox) as typeof store.db.outbox

const at = { at: '2026-11-21T08:00:00.000Z', group: null, files: [] }

describe('an act', () => {
  test('is in the outbox and on the screen when it resolves', async () => {
    await acceptVisit(VISIT)
    const reopened = tab(store)
    expect(await reopened.db.outbox.toArray()).toMatchObject([
      { n: 1, act: 'visit.accept', v: 1, args: { visit_id: VISIT }, state: 'pending', visitId: VISIT },
    ])
    expect(await bodyOf(reopened, 'visit', VISIT)).toMatchObject({ state: 'accepted' })
    expect(await reopened.db.rows.get(`visit:${VISIT}`)).toMatchObject({ dirty: 1, base: { state: 'dispatched' } })
    reopened.db.close()
  })

  test('that the life-cycle does not have is refused before anything is written', async () => {
    await expect(finishWork(VISIT)).rejects.toMatchObject({ code: 'illegal-transition' })
    expect(await store.db.outbox.count()).toBe(0)
    await acceptVisit(VISIT)
    expect((await store.db.outbox.toArray()).map((entry) => entry.n)).toEqual([1])
  })

  test('of the lead is refused to a helper, a fact is not', async () => {
    const bob = await phone(BOB, 'Bob')
    await expect(acceptVisit(VISIT)).rejects.toMatchObject({ code: 'not-lead' })
    await usePart({ visit_id: VISIT, part_id: PART, quantity: 1, source: 'warehouse' })
    expect(await bob.db.outbox.count()).toBe(1)
    bob.db.close()
  })

  test('leaves neither entry nor row when the disk fails in the middle', async () => {
    vi.spyOn(tables(), 'bulkAdd').mockImplementation(() => { throw new DOMException('full', 'QuotaExceededError') })
    await expect(acceptVisit(VISIT)).rejects.toMatchObject({ code: 'storage-full' })
    expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'dispatched' })
    expect(await store.db.outbox.count()).toBe(0)
  })

  test('goes through when the connection was killed, once and under one number', async () => {
    vi.spyOn(tables(), 'bulkAdd')
      .mockImplementationOnce(() => { throw new DOMException('connection is closing', 'InvalidStateError') })
    await acceptVisit(VISIT)
    expect((await store.db.outbox.toArray()).map((entry) => [entry.n, entry.act])).toEqual([[1, 'visit.accept']])
  })
})

test('numbers are contiguous and unique when two tabs write at once', async () => {
  const other = tab(store)
  const intents = (text: string, who: Store) => appendActs(who, [
    { act: 'note.add', args: { id: crypto.randomUUID(), visit_id: VISIT, text } },
  ], at)
  await Promise.all(Array.from({ length: 20 }, (_, i) => intents(String(i), i % 2 ? store : other)))
  const entries = await store.db.outbox.orderBy('n').toArray()
  expect(entries.map((entry) => entry.n)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  expect(new Set(entries.map((entry) => entry.id)).size).toBe(20)
  other.db.close()
})

test('a number is never given twice, even after the outbox has emptied', async () => {
  await acceptVisit(VISIT)
  await store.db.outbox.clear()
  await arrive(VISIT)
  expect((await store.db.outbox.toArray())[0]!.n).toBe(2)
})

test('an edit carries what the person saw, and an edit of nothing is no act', async () => {
  await editDiagnosis(VISIT, { symptom_text: '不抬杆', cause_code: null })
  await editDiagnosis(VISIT, { symptom_text: '不抬杆' })
  await editDiagnosis(VISIT, { symptom_text: '抬杆无力', test_result: 'passed' })
  const edits = await store.db.outbox.toArray()
  expect(edits.map((entry) => (entry.args as { changes: object }).changes)).toEqual([
    { symptom_text: ['', '不抬杆'] },
    { symptom_text: ['不抬杆', '抬杆无力'], test_result: ['', 'passed'] },
  ])
  const [first, second] = edits.map((entry) => (entry.args as { id: string }).id)
  expect(second).toBe(first)
})

test('a part from one\'s own stock leaves it, and comes back when withdrawn', async () => {
  const id = await usePart({ visit_id: VISIT, part_id: PART, quantity: 2, source: 'own' })
  expect(await bodyOf(store, 'stock', STOCK)).toMatchObject({ quantity: 3 })
  expect(await bodyOf(store, 'part_use', id)).toMatchObject({ part_name: '道闸弹簧', unit: '个', work_order_id: ORDER })
  await withdrawPart(id, 'wrong part')
  expect(await bodyOf(store, 'stock', STOCK)).toMatchObject({ quantity: 5 })
  await expect(withdrawPart(id)).rejects.toMatchObject({ code: 'withdrawn' })
})

test('starting a checklist twice gives the run that is there', async () => {
  const first = await startChecklist(VISIT, VERSION)
  expect(await startChecklist(VISIT, VERSION)).toBe(first)
  expect(await store.db.outbox.count()).toBe(1)
})

test('the work order follows its visit, and the timeline says who did it', async () => {
  await acceptVisit(VISIT)
  await arrive(VISIT)
  expect(await bodyOf(store, 'work_order', ORDER)).toMatchObject({ state: 'in_progress' })
  await startWork(VISIT)
  await pauseWork(VISIT, 'lunch', '午休')
  expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ state: 'paused', reason: 'lunch', reason_note: '午休' })
  const events = (await store.db.rows.where('noun').equals('event').toArray()).map((row) => row.body as Record<string, unknown>)
  expect(events.map((event) => event['kind']).sort()).toEqual(['visit.accept', 'visit.arrive', 'visit.pause', 'visit.work'])
  expect(events.every((event) => event['by_name'] === 'Alice')).toBe(true)
})

test('arguments too large for the wire are refused here and not after days', async () => {
  await expect(addNote(VISIT, '长'.repeat(50_000))).rejects.toMatchObject({ code: 'act-too-large' })
  expect(store.userId).toBe(ALICE)
})
