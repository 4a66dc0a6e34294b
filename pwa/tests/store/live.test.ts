import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { acceptVisit, addNote } from '../../src/acts'
import { current, type Store } from '../../src/store/current'
import { useDraft, useOutbox, useRow, useRows, useSyncStatus } from '../../src/store'
import { ALICE, emptyPhone, ORDER, phone, tab, VISIT } from '../world'

let store: Store
let scope: EffectScope
beforeEach(async () => {
  store = await phone()
  scope = effectScope()
})
afterEach(() => { scope.stop(); store.db.close() })

const inScope = <T>(make: () => T): T => scope.run(make)!

test('rows are undefined while loading, then follow what is recorded', async () => {
  const notes = inScope(() => useRows('note', () => ({ index: 'visit_id', value: VISIT })))
  expect(notes.value).toBeUndefined()
  await vi.waitFor(() => expect(notes.value).toEqual([]))
  await addNote(VISIT, '到前台登记')
  await vi.waitFor(() => expect(notes.value).toMatchObject([{ noun: 'note', pending: true, body: { text: '到前台登记' } }]))
})

test('rows follow a key that changes and stop when their screen goes', async () => {
  const value = ref<string | null>(null)
  const visits = inScope(() => useRows('visit', () => (value.value ? { index: 'work_order_id', value: [value.value] } : null)))
  await nextTick()
  expect(visits.value).toBeUndefined()
  value.value = ORDER
  await vi.waitFor(() => expect(visits.value).toHaveLength(1))
  scope.stop()
  await acceptVisit(VISIT)
  await nextTick()
  expect(visits.value![0]!.body.state).toBe('dispatched')
})

test('a row that this device does not have is null', async () => {
  const there = inScope(() => useRow('visit', () => VISIT))
  const missing = inScope(() => useRow('visit', () => 'nowhere'))
  await vi.waitFor(() => expect(there.value?.body.brief).toBe(''))
  await vi.waitFor(() => expect(missing.value).toBeNull())
})

test('what waits is counted as it is recorded', async () => {
  const [outbox, status] = inScope(() => [useOutbox(), useSyncStatus()])
  await acceptVisit(VISIT)
  await vi.waitFor(() => expect(outbox.value).toHaveLength(1))
  await vi.waitFor(() => expect(status.value).toMatchObject({ pendingActs: 1, contact: 'never', firstSync: { complete: true } }))
})

test('another person on the same phone sees none of it', async () => {
  await acceptVisit(VISIT)
  const visits = inScope(() => useRows('visit'))
  const outbox = inScope(() => useOutbox())
  await vi.waitFor(() => expect(visits.value).toHaveLength(1))
  const bob = await emptyPhone('01900000-0000-7000-8000-00000000000b', 'Bob')
  await vi.waitFor(() => expect([visits.value, outbox.value]).toEqual([[], []]))
  bob.db.close()
  current.value = store
  await vi.waitFor(() => expect(outbox.value).toHaveLength(1))
  expect(store.userId).toBe(ALICE)
})

test('every keystroke survives a kill', async () => {
  const draft = inScope(() => useDraft('note:1', ''))
  for (const typed of ['门', '门禁', '门禁坏']) draft.value.value = typed
  const page = tab(store)
  await vi.waitFor(async () => expect((await page.db.drafts.get('note:1'))?.value).toBe('门禁坏'))
  page.db.close()
  const restored = inScope(() => useDraft('note:1', ''))
  await restored.ready
  expect(restored.value.value).toBe('门禁坏')
  await restored.clear()
  expect(restored.value.value).toBe('')
  expect(await store.db.drafts.count()).toBe(0)
})

test('the disk keeps up with a fast hand: keys pressed during a write go along with the next one', async () => {
  const draft = inScope(() => useDraft('note:3', ''))
  const put = vi.spyOn(Object.getPrototypeOf(store.db.drafts) as typeof store.db.drafts, 'put')
  for (let n = 1; n <= 20; n++) {
    draft.value.value = '更'.repeat(n)
    await Promise.resolve() // a key each: the writes of the ones before are still under way
  }
  await vi.waitFor(async () => expect((await store.db.drafts.get('note:3'))?.value).toBe('更'.repeat(20)))
  expect(put.mock.calls.length).toBeLessThan(5)
  put.mockRestore()
})

test('what is typed before the old words are back wins over them', async () => {
  await store.db.drafts.put({ key: 'note:2', value: 'old', at: '' })
  const draft = inScope(() => useDraft('note:2', ''))
  draft.value.value = 'new'
  await draft.ready
  expect(draft.value.value).toBe('new')
})
