import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { acceptVisit, addNote } from '../../src/acts'
import type { Store } from '../../src/store/current'
import { followHeld, lossWasRead, lossWasReported, noticeLosses, unreadLosses, unreportedLoss } from '../../src/store/evicting'
import { readMarker, writeMarker } from '../../src/store/marker'
import { writeMeta } from '../../src/store/meta'
import { isLate, syncStatus } from '../../src/store/status'
import { useFetch } from '../../src/sync/http'
import { syncRows } from '../../src/sync/sync'
import { FakeServer } from '../fakeServer'
import { ALICE, phone, VISIT } from '../world'

let store: Store
let server: FakeServer
beforeEach(async () => {
  const kept = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    get length() { return kept.size }, key: (i: number) => [...kept.keys()][i] ?? null,
    getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  })
  server = new FakeServer()
  useFetch(server.fetch as typeof fetch)
  store = await phone()
})
afterEach(() => { store.db.close(); vi.unstubAllGlobals() })

const until = async (told: () => Promise<boolean>) => {
  for (let i = 0; i < 100 && !(await told()); i++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await told()).toBe(true)
}

test('the marker outside the database follows what waits', async () => {
  const stop = followHeld(store, () => {})
  await acceptVisit(VISIT)
  await addNote(VISIT, 'one')
  await until(async () => (await readMarker(ALICE))?.unsent === 2)
  await writeMeta(store.db, { cookie: 'epoch-1/10/0' })
  await syncRows(store)
  await until(async () => (await readMarker(ALICE))?.unsent === 0)
  stop()
})

test('a database that is gone is told with what it held, to the person and once to the office', async () => {
  const since = '2026-11-20T08:00:00.000Z'
  await writeMarker({ userId: ALICE, name: 'Alice', unsent: 3, since, lastContact: '2026-11-19T08:00:00.000Z', lost: null })
  await noticeLosses()
  expect(await unreadLosses()).toEqual([]) // the database is there
  await store.db.delete()
  await noticeLosses()
  await noticeLosses()
  expect(await unreadLosses()).toMatchObject([{ name: 'Alice', unsent: 3, since, lastContact: '2026-11-19T08:00:00.000Z' }])
  store = await phone()
  await writeMeta(store.db, { cookie: 'epoch-1/10/0' })
  await syncRows(store)
  expect(server.statuses.at(-1)).toMatchObject({ evicted: { unsent: 3, since } })
  expect(await unreportedLoss(ALICE)).toBeNull()
  await syncRows(store)
  await lossWasRead(ALICE)
  expect(await unreadLosses()).toEqual([])
  expect((await readMarker(ALICE))?.lost).toBeNull()
})

test('a loss stays to be read although the office knows, and the other way round', async () => {
  await writeMarker({ userId: ALICE, name: 'Alice', unsent: 1, since: null, lastContact: null, lost: null })
  await store.db.delete()
  await noticeLosses()
  await lossWasReported(ALICE)
  expect(await unreadLosses()).toHaveLength(1)
  store = await phone()
})

test('a loss that is read while the office is told of it is told to nobody again', async () => {
  await writeMarker({ userId: ALICE, name: 'Alice', unsent: 1, since: null, lastContact: null, lost: null })
  await store.db.delete()
  await noticeLosses()
  await Promise.all([lossWasRead(ALICE), lossWasReported(ALICE)])
  expect((await readMarker(ALICE))?.lost).toBeNull()
  store = await phone()
})

test('a database taken away under an open page is noticed there', async () => {
  let gone = 0
  const stop = followHeld(store, () => { gone += 1 })
  await acceptVisit(VISIT)
  await until(async () => (await readMarker(ALICE))?.unsent === 1)
  await store.db.meta.clear()
  await until(async () => gone > 0)
  expect((await readMarker(ALICE))?.unsent).toBe(1) // not overwritten by the emptiness
  stop()
})

test('work is late four hours after a contact that did not take it, and a day after none', async () => {
  const status = await syncStatus(store.db)
  const at = '2026-11-21T08:00:00.000Z'
  const after = (hours: number) => Date.parse(at) + hours * 3600_000
  const met = { ...status, oldestPendingAt: at, lastContactAt: '2026-11-21T08:30:00.000Z' }
  expect([isLate(met, after(3)), isLate(met, after(5))]).toEqual([false, true])
  const unmet = { ...status, oldestFileAt: at, lastContactAt: '2026-11-21T07:00:00.000Z' }
  expect([isLate(unmet, after(23)), isLate(unmet, after(25))]).toEqual([false, true])
  expect(isLate(status, after(1000))).toBe(false)
})
