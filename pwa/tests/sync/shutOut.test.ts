/** A device that was shut out, and one whose storage was cloned: what they still have arrives, and nothing twice. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acceptVisit, addNote, addPhotos } from '../../src/acts'
import type { Store } from '../../src/store/current'
import { deviceSetting, knownUsers, rememberUser } from '../../src/store/device'
import { readMeta, writeMeta } from '../../src/store/meta'
import { openStore } from '../../src/store/opening'
import { syncStatus } from '../../src/store/status'
import { useFetch } from '../../src/sync/http'
import { syncAll, syncFiles, syncRows } from '../../src/sync/sync'
import { FakeServer, problem } from '../fakeServer'
import { ALICE, page, phone, VISIT } from '../world'
import { applyPull } from '../../src/store/apply'

let server: FakeServer
let store: Store
beforeEach(async () => {
  server = new FakeServer()
  useFetch(server.fetch as typeof fetch)
  store = await phone()
  await writeMeta(store.db, { cookie: 'epoch-1/10/0' })
  await rememberUser({ userId: ALICE, login: 'alice', name: 'Alice', deviceId: store.deviceId, lastSeenAt: '2026-11-21T08:00:00.000Z' })
})
afterEach(() => store.db.close())

const shutOut = () => {
  server.fault = (path) => (path.endsWith('/pull') ? problem(403, 'device-revoked') : undefined)
}
const photo = (size = 5000) => new Blob([crypto.getRandomValues(new Uint8Array(size))], { type: 'image/jpeg' })

describe('a device that was shut out', () => {
  test('loses its rows at once and keeps what the server does not have', async () => {
    await acceptVisit(VISIT)
    await addPhotos(VISIT, [photo()], 'before')
    server.fault = (path) => (path.endsWith('/pull') || path.includes('uploads') ? problem(403, 'device-revoked') : undefined)
    await syncRows(store)
    expect(await store.db.rows.count()).toBe(0)
    expect(server.journal.map(({ act }) => act.act)).toEqual(['visit.accept', 'attachment.add'])
    expect(await store.db.chunks.count()).toBe(1)
    expect(await syncStatus(store.db)).toMatchObject({ pendingActs: 0, waitingFiles: 1, draining: { files: 1 } })
  })

  test('pulls no more, and when the last file is stored nothing is left but the word that all arrived', async () => {
    await acceptVisit(VISIT)
    await addPhotos(VISIT, [photo()], 'before')
    shutOut()
    await syncAll(store)
    expect(server.files.size).toBe(1)
    const pulls = () => server.requests.filter(({ path }) => path.endsWith('/pull')).length
    expect(pulls()).toBe(1)
    for (const table of store.db.tables) expect([table.name, await table.filter((row) => (row as { key?: string }).key !== 'activity').count()]).toEqual([table.name, 0])
    expect(await deviceSetting('delivered')).toMatchObject({ name: 'Alice', files: 1 })
    expect(await knownUsers()).toEqual([])
    expect(await openStore(ALICE)).toBeNull()
  })

  test('that cannot send keeps everything', async () => {
    shutOut()
    await syncRows(store)
    await writeMeta(store.db, { draining: { at: '2026-11-21T08:00:00.000Z', acts: 1, files: 0 } })
    await applyPull(store, page({ rows: [] }), '2026-11-21T08:00:00.000Z')
    await store.db.outbox.add({
      n: 1, id: 'x', act: 'note.add', v: 1, at: '2026-11-21T08:00:00.000Z', args: { id: 'y', visit_id: VISIT, text: 'z' }, group: null,
      state: 'pending', outcome: null, rev: null, code: null, detail: null, touches: [], tries: 0, visitId: VISIT,
    } as never)
    server.fault = () => problem(403, 'device-revoked')
    await expect(syncRows(store)).rejects.toMatchObject({ code: 'device-revoked' })
    await syncFiles(store)
    expect(await store.db.outbox.count()).toBe(1)
  })
})

describe('a cloned storage', () => {
  /** The twin has used number `taken` for another act; the server knows this device by its id only. */
  const cloned = (old: string) => {
    let registered = ''
    server.fault = (path, { body }) => {
      const ask = typeof body === 'string' ? (JSON.parse(body) as { device?: string; id?: string; acts?: unknown[] }) : {}
      if (path === '/api/devices') {
        registered = ask.id!
        server.journal = []
        return Response.json({ access: server.access, refresh: 'refresh-of-line-2', access_expires_at: '2099-01-01T00:00:00Z', device_id: registered }, { status: 201 })
      }
      if (path.endsWith('/push') && ask.device === old && ask.acts?.length) return problem(409, 'device-cloned')
      return undefined
    }
    return () => registered
  }

  test('goes on under a line of its own: the same acts, other numbers', async () => {
    await acceptVisit(VISIT)
    await syncRows(store) // number 1 on the old line
    await addNote(VISIT, 'on the way')
    await addNote(VISIT, 'after')
    const ids = (await store.db.outbox.orderBy('n').toArray()).map((entry) => [entry.n, entry.id])
    expect(ids.map(([n]) => n)).toEqual([2, 3])
    const registered = cloned(store.deviceId)
    await syncRows(store)
    expect(server.journal.map(({ act }) => [act.n, act.id])).toEqual([[1, ids[0]![1]], [2, ids[1]![1]]])
    expect(await readMeta(store.db, 'deviceId')).toBe(registered())
    expect(await readMeta(store.db, 'tokens')).toMatchObject({ refresh: 'refresh-of-line-2' })
    await addNote(VISIT, 'later')
    await syncRows(store)
    expect(server.journal.at(-1)!.act.n).toBe(3)
    expect(await store.db.journal.count()).toBe(4) // the act of the old line is not overwritten by the new number 1
  })

  test('offers the acts of its old line again to a server that was restored', async () => {
    await acceptVisit(VISIT)
    await syncRows(store)
    await addNote(VISIT, 'after')
    cloned(store.deviceId)
    await syncRows(store)
    const accepted = (await store.db.journal.toArray()).find((entry) => entry.act === 'visit.accept')!.id
    server.epoch = 'epoch-2'
    server.journal = []
    await syncRows(store)
    await syncRows(store)
    expect(server.journal.map(({ act }) => act.id)).toContain(accepted)
    expect(new Set(server.journal.map(({ act }) => act.id)).size).toBe(2)
  })

  test('whose token the twin has used up asks for the password, and loses nothing', async () => {
    await acceptVisit(VISIT)
    server.fault = (path) => (path === '/api/devices' ? problem(401, 'token-reused') : path.endsWith('/push') ? problem(409, 'device-cloned') : undefined)
    await expect(syncRows(store)).rejects.toMatchObject({ code: 'token-reused' })
    expect(await syncStatus(store.db)).toMatchObject({ signInNeeded: true, pendingActs: 1 })
    expect(await readMeta(store.db, 'lineClosed')).toBe(true)
  })
})

describe('a twin of a device', () => {
  test.each([1, 2, 3])('that took %i numbers of answered acts since a restore leaves them all to their phone, in order', async (taken) => {
    await acceptVisit(VISIT)
    await syncRows(store)
    const restore = server.backup()
    await addNote(VISIT, 'one')
    await addNote(VISIT, 'two')
    await syncRows(store)
    const made = (await store.db.journal.toArray()).map(({ id }) => id)
    restore()
    const acts = Array.from({ length: taken }, (_, i) => ({ n: i + 2, id: `of the twin ${i}` }))
    const twin = { protocol: 2, device: store.deviceId, epoch: server.epoch, acts, status: {} }
    await server.fetch('/api/sync/push', { method: 'POST', body: JSON.stringify(twin), headers: { Authorization: `Bearer ${server.access}` } })
    await addNote(VISIT, 'three')
    made.push((await store.db.outbox.toArray())[0]!.id)
    await syncRows(store)
    const ours = server.journal.filter(({ device }) => device !== twin.device).map(({ act }) => act.id)
    expect(ours).toEqual(made)
    expect(await syncStatus(store.db)).toMatchObject({ pendingActs: 0 })
  })

  test('is not needed for one repeat after a restore, which proves that the line is this phone\'s own', async () => {
    for (const text of ['one', 'two', 'three']) await addNote(VISIT, text)
    await syncRows(store)
    server.backup()()
    server.requests.length = 0
    await syncRows(store)
    const sent = server.requests.filter(({ path }) => path.endsWith('/push')).flatMap(({ body }) => (body as { acts: { n: number }[] }).acts)
    expect(sent.map(({ n }) => n)).toEqual([3])
    expect(await readMeta(store.db, 'deviceId')).toBe(store.deviceId)
    expect(await readMeta(store.db, 'proving')).toBeNull()
    expect(await syncStatus(store.db)).toMatchObject({ pendingActs: 0 })
  })
})
