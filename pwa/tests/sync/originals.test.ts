/** "Photos on Wi-Fi only" and "send now": what waits, what never does, and what the person is told. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { acceptVisit, addPhotos, signReport } from '../../src/acts'
import type { Store } from '../../src/store/current'
import { setDeviceSetting } from '../../src/store/device'
import { lineType, sendOriginalsNow, wantWifiOnly, wifiOnly } from '../../src/store/originals'
import { writeMeta } from '../../src/store/meta'
import { onSyncRequested } from '../../src/store/signal'
import { syncStatus } from '../../src/store/status'
import { useFetch } from '../../src/sync/http'
import { syncAll } from '../../src/sync/sync'
import { FakeServer } from '../fakeServer'
import { phone, VISIT } from '../world'

let server: FakeServer
let store: Store
let asked: boolean[]
let stop: () => void
beforeEach(async () => {
  server = new FakeServer()
  useFetch(server.fetch as typeof fetch)
  store = await phone()
  await writeMeta(store.db, { cookie: 'epoch-1/10/0' })
  await setDeviceSetting('originals', undefined)
  await setDeviceSetting('originalsUntil', undefined)
  asked = []
  stop = onSyncRequested((urgent) => asked.push(urgent))
})
afterEach(() => {
  stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  store.db.close()
})

const on = (type: string | undefined) => vi.stubGlobal('navigator', { connection: { type } })
const picture = (size: number, seed: number) => new Blob([new Uint8Array(size).fill(seed)], { type: 'image/jpeg' })
const sizes = () => [...server.files.values()].map((bytes) => bytes.length).sort((a, b) => a - b)

/** A visit accepted, a small picture, a large one and a signature, with one contact. */
async function work(): Promise<void> {
  await acceptVisit(VISIT)
  await addPhotos(VISIT, [picture(300_000, 1), picture(5000, 2)], 'site')
  await signReport({
    visit_id: VISIT, role: 'engineer', name: 'Alice', content: {}, content_hash: 'h',
    strokes: { width: 10, height: 10, strokes: [] }, png: picture(250_000, 3),
  })
  await syncAll(store)
}

describe('originals on Wi-Fi only', () => {
  test('keep large photos on a mobile line; acts, small pictures and signatures go, however large', async () => {
    on('cellular')
    await wantWifiOnly(true)
    await work()
    expect(sizes()).toEqual([5000, 250_000])
    expect(server.journal).toHaveLength(5)
    expect(await syncStatus(store.db)).toMatchObject({ pendingActs: 0, waitingFiles: 1, originalsWaiting: 1 })
  })

  test.each(['wifi', 'ethernet', 'none', undefined])('let everything go on a line of type %s', async (type) => {
    on(type)
    await wantWifiOnly(true)
    await work()
    expect(sizes()).toEqual([5000, 250_000, 300_000])
    expect((await syncStatus(store.db)).originalsWaiting).toBe(0)
  })

  test('go when the phone comes to Wi-Fi', async () => {
    on('cellular')
    await wantWifiOnly(true)
    await work()
    on('wifi')
    expect((await syncStatus(store.db)).originalsWaiting).toBe(0)
    await syncAll(store)
    expect(sizes()).toEqual([5000, 250_000, 300_000])
  })

  test('is a wish: who has none pays for the line', async () => {
    on('cellular')
    expect([await wifiOnly(), lineType()]).toEqual([false, 'cellular'])
    await work()
    expect(sizes()).toEqual([5000, 250_000, 300_000])
  })

  test('given up lets them go at once', async () => {
    on('cellular')
    await wantWifiOnly(true)
    await work()
    asked = []
    await wantWifiOnly(false)
    expect(asked).toEqual([true])
    await syncAll(store)
    expect(sizes()).toEqual([5000, 250_000, 300_000])
  })
})

describe('"send now"', () => {
  test('sends the originals over any line, at once', async () => {
    on('cellular')
    await wantWifiOnly(true)
    await work()
    asked = []
    await sendOriginalsNow()
    expect(asked).toEqual([true])
    expect((await syncStatus(store.db)).originalsWaiting).toBe(0)
    await syncAll(store)
    expect(sizes()).toEqual([5000, 250_000, 300_000])
    expect(await wifiOnly()).toBe(true)
  })

  test('holds for an hour', async () => {
    on('cellular')
    await wantWifiOnly(true)
    await sendOriginalsNow()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 59 * 60_000 })
    await addPhotos(VISIT, [picture(300_000, 1)], 'site')
    await syncAll(store)
    expect(sizes()).toEqual([300_000])
    vi.setSystemTime(Date.now() + 2 * 60_000)
    await addPhotos(VISIT, [picture(310_000, 2)], 'site')
    await syncAll(store)
    expect(sizes()).toEqual([300_000])
    expect((await syncStatus(store.db)).originalsWaiting).toBe(1)
  })
})
