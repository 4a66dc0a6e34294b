import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { acceptVisit, submitVisit } from '../../src/acts'
import type { Store } from '../../src/store/current'
import { writeMeta } from '../../src/store/meta'
import { requestComparison, requestSync } from '../../src/store/signal'
import { useFetch } from '../../src/sync/http'
import { startSync } from '../../src/sync/triggers'
import { FakeServer } from '../fakeServer'
import { keyOf } from '../../src/store/database'
import { firstRows, phone, SITE, VISIT, visitBody, wire, WO, bodyOf } from '../world'

let server: FakeServer
let store: Store
let stop = () => {}
let poke: (() => void) | undefined

beforeEach(async () => {
  server = new FakeServer()
  server.feed = firstRows()
  poke = undefined
  useFetch((async (path: string, init: RequestInit) => {
    if (!path.endsWith('/live')) return server.fetch(path, init)
    if (server.fault(path, init) === 'no-network') throw new TypeError('Failed to fetch')
    return stream()
  }) as never)
  store = await phone()
  await writeMeta(store.db, { cookie: 'epoch-1/10/0' })
})
afterEach(() => { stop(); store.db.close() })

/** Cut at odd places, as networks do. */
function stream(): Response {
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(': hello\n\n'))
      poke = () => {
        for (const piece of ['event: po', 'ke\ndata: {"rev', '": 11}\n', '\n']) controller.enqueue(encoder.encode(piece))
      }
    },
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}
const pulls = () => server.requests.filter(({ path }) => path.endsWith('pull')).length

test('an act goes up by itself soon after it was recorded', async () => {
  stop = startSync(store)
  await vi.waitFor(() => expect(pulls()).toBeGreaterThan(0))
  await acceptVisit(VISIT)
  await vi.waitFor(() => expect(server.journal).toHaveLength(1), { timeout: 2000 })
  await vi.waitFor(async () => expect(await store.db.outbox.count()).toBe(0))
})

test('a poke brings the row', async () => {
  stop = startSync(store)
  await vi.waitFor(() => expect(poke).toBeDefined())
  await vi.waitFor(() => expect(pulls()).toBeGreaterThan(0))
  server.rev = 11
  server.feed = [...firstRows(), wire('visit', VISIT, WO, visitBody({ brief: '带梯子' }), 11)]
  poke!()
  await vi.waitFor(async () => expect(await bodyOf(store, 'visit', VISIT)).toMatchObject({ brief: '带梯子' }), { timeout: 2000 })
})

test('after a failure an act waits for the next try, a person who asks does not', async () => {
  server.fault = () => 'no-network'
  stop = startSync(store)
  await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(0))
  await new Promise((resolve) => setTimeout(resolve, 50))
  server.fault = () => undefined
  const before = server.requests.length
  await acceptVisit(VISIT)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(server.requests).toHaveLength(before)
  requestSync()
  await vi.waitFor(() => expect(server.journal).toHaveLength(1))
  await expect(submitVisit(VISIT)).rejects.toMatchObject({ code: 'illegal-transition' })
})

test('a start compares the rows with the office, and so does a person who asks; a plain sync does not', async () => {
  const checks = () => server.requests.filter(({ path }) => path.endsWith('check')).length
  await store.db.rows.delete(keyOf('site', SITE))
  stop = startSync(store)
  await vi.waitFor(async () => expect(await bodyOf(store, 'site', SITE)).toMatchObject({ name: '恒远大厦' }))
  const first = checks()
  const before = pulls()
  requestSync()
  await vi.waitFor(() => expect(pulls()).toBeGreaterThan(before))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(checks()).toBe(first)
  requestComparison()
  requestSync()
  await vi.waitFor(() => expect(checks()).toBe(first + 1))
})
