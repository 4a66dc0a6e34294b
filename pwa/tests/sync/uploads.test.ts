import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addPhotos, retryUpload, signReport } from '../../src/acts'
import type { Store } from '../../src/store/current'
import { CHUNK_BYTES, dropOrphans, localBytes, purgeVerified, readPart } from '../../src/store/files'
import { writeMeta } from '../../src/store/meta'
import { applyPull } from '../../src/store/apply'
import { useFetch } from '../../src/sync/http'
import { syncAll, syncFiles, syncRows } from '../../src/sync/sync'
import { FakeServer, problem } from '../fakeServer'
import { bodyOf, page, phone, VISIT, wire, WO } from '../world'

let server: FakeServer
let store: Store
beforeEach(async () => {
  server = new FakeServer()
  useFetch(server.fetch as typeof fetch)
  store = await phone()
  await writeMeta(store.db, { cookie: 'epoch-1/10/0' })
})
afterEach(() => store.db.close())

const noise = (size: number, seed = 7) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed * (i >> 8)) & 0xff)
const photo = (size: number, seed?: number) => new File([noise(size, seed)], 'IMG.jpg', { type: 'image/jpeg', lastModified: 1_795_000_000_000 })
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const states = async () => (await store.db.files.toArray()).map((file) => file.state)
const patches = () => server.requests.filter(({ method }) => method === 'PATCH')

test('a photo is on the disk, whole, before it is called saved', async () => {
  const [id] = await addPhotos(VISIT, [photo(1_300_000)], 'before', { caption: '道闸' })
  const body = await bodyOf(store, 'attachment', id!)
  expect(body).toMatchObject({ size: 1_300_000, mime: 'image/jpeg', purpose: 'before', state: 'declared', taken_at: new Date(1_795_000_000_000).toISOString() })
  expect(body!['sha256']).toBe(hashOf(noise(1_300_000)))
  expect(await store.db.chunks.count()).toBe(Math.ceil(1_300_000 / CHUNK_BYTES))
  const kept = await localBytes(store.db, body!['sha256']!)
  expect(hashOf(new Uint8Array(kept!.bytes))).toBe(body!['sha256'])
})

test('any part of a kept file reads back as it was', async () => {
  await addPhotos(VISIT, [photo(1_300_000)], 'before')
  const whole = noise(1_300_000)
  for (const [from, to] of [[0, 10], [CHUNK_BYTES - 3, CHUNK_BYTES + 5], [5, 1_300_000], [2 * CHUNK_BYTES, 1_299_999]] as const) {
    expect(hashOf(await readPart(store.db, hashOf(whole), from, to))).toBe(hashOf(whole.slice(from, to)))
  }
})

test('several photos arrive whole, and their acts before them', async () => {
  await addPhotos(VISIT, [photo(1_300_000, 1), photo(5000, 2), photo(2_100_000, 3)], 'site')
  await syncAll(store)
  const files = await store.db.files.toArray()
  for (const file of files) expect(hashOf(server.files.get(file.attachmentId)!)).toBe(file.sha256)
  expect(await states()).toEqual(['stored', 'stored', 'stored'])
  const order = server.requests.map(({ path }) => path)
  expect(order.findIndex((path) => path.endsWith('push'))).toBeLessThan(order.findIndex((path) => path.includes('uploads')))
})

test('an upload goes on where the server is, not where the phone thinks', async () => {
  await addPhotos(VISIT, [photo(3_000_000)], 'site')
  let seen = 0
  server.fault = (_, { method }) => (method === 'PATCH' && ++seen === 2 ? 'lose-answer' : undefined)
  await syncRows(store)
  await expect(syncFiles(store)).rejects.toThrow()
  expect(await store.db.files.toArray()).toMatchObject([{ state: 'waiting', offset: 1024 * 1024 }])
  server.fault = () => undefined
  await syncFiles(store)
  const [file] = await store.db.files.toArray()
  expect(hashOf(server.files.get(file!.attachmentId)!)).toBe(file!.sha256)
  expect(server.uploads.size).toBe(1)
  const offsets = patches().map(({ headers }) => Number(headers.get('Upload-Offset')))
  expect(offsets.filter((offset, i) => offsets.indexOf(offset) !== i), 'no piece is sent twice').toEqual([])
})

test('an upload the server has forgotten starts again', async () => {
  await addPhotos(VISIT, [photo(3_000_000)], 'site')
  let seen = 0
  server.fault = (_, { method }) => (method === 'PATCH' && ++seen === 2 ? 'no-network' : undefined)
  await syncRows(store)
  await expect(syncFiles(store)).rejects.toThrow()
  server.uploads.clear()
  await syncFiles(store)
  expect(await states()).toEqual(['stored'])
})

test('a piece too large for the link is halved at the next try', async () => {
  await addPhotos(VISIT, [photo(1_500_000)], 'site')
  await syncRows(store)
  server.fault = (_, { method, body }) => (method === 'PATCH' && (body as Uint8Array).length > 300_000 ? 'no-network' : undefined)
  for (let i = 0; i < 3; i++) await syncFiles(store).catch(() => {})
  expect(await states()).toEqual(['stored'])
})

test('the signature goes first, then what is small', async () => {
  await addPhotos(VISIT, [photo(900_000, 1), photo(3000, 2)], 'site')
  await signReport({
    visit_id: VISIT, role: 'engineer', name: 'Alice', content: {}, content_hash: 'h',
    strokes: { width: 10, height: 10, strokes: [] }, png: new Blob([noise(500_000, 9)], { type: 'image/png' }),
  })
  await syncAll(store)
  const sizes = server.requests.filter(({ method, path }) => method === 'POST' && path.includes('uploads'))
    .map(({ headers }) => Number(headers.get('Upload-Length')))
  expect(sizes).toEqual([500_000, 3000, 900_000])
})

test('a file the server refuses steps aside with its reason and the others go on', async () => {
  const [bad, good] = await addPhotos(VISIT, [photo(3000, 1), photo(4000, 2)], 'site')
  server.fault = (_, { method, headers }) =>
    (method === 'POST' && new Headers(headers).get('Upload-Length') === '3000' ? problem(413, 'file-too-large') : undefined)
  await syncAll(store)
  expect(await store.db.files.get(bad!)).toMatchObject({ state: 'stuck', error: 'file-too-large' })
  expect(await store.db.files.get(good!)).toMatchObject({ state: 'stored' })
  expect(await store.db.outbox.count(), 'acts are not held up').toBe(0)
  server.fault = () => undefined
  await retryUpload(bad!)
  await syncAll(store)
  expect(await store.db.files.get(bad!)).toMatchObject({ state: 'stored' })
})

test('a file waits for the receipt of its act', async () => {
  await addPhotos(VISIT, [photo(3000)], 'site')
  await syncFiles(store)
  expect(server.requests).toHaveLength(0)
  expect(await states()).toEqual(['waiting'])
})

test('only the server\'s own word makes a file verified, and only then do its bytes leave, days later', async () => {
  const [id] = await addPhotos(VISIT, [photo(3000)], 'site')
  await syncAll(store)
  const body = (await bodyOf(store, 'attachment', id!)) ?? (await store.db.files.get(id!))!
  const later = Date.parse('2027-01-01T00:00:00Z')
  await purgeVerified(store.db, later)
  expect(await store.db.chunks.count()).toBe(1)
  const rows = [wire('attachment', id!, WO, { ...body, state: 'verified' }, 90)]
  await applyPull(store, page({ rev: 90, cookie: 'epoch-1/90/0', rows }), '2026-11-22T08:00:00.000Z')
  expect(await states()).toEqual(['verified'])
  await purgeVerified(store.db, Date.parse('2026-11-23T08:00:00.000Z'))
  expect(await store.db.chunks.count()).toBe(1)
  await purgeVerified(store.db, later)
  expect(await store.db.chunks.count()).toBe(0)
})

test('a server restored from a backup is offered every copy that is still here, and no other', async () => {
  const [kept, gone] = await addPhotos(VISIT, [photo(3000, 1), photo(4000, 2)], 'site')
  await syncAll(store)
  await store.db.files.update(gone!, { state: 'verified', verifiedAt: '2026-11-01T00:00:00.000Z' })
  await purgeVerified(store.db, Date.parse('2026-11-20T00:00:00.000Z'))
  server.files.clear()
  server.uploads.clear()
  server.epoch = 'epoch-2'
  await syncAll(store)
  expect([...server.files.keys()]).toEqual([kept])
  expect(await store.db.files.get(gone!)).toMatchObject({ state: 'verified', purged: true })
})

test('a file whose slot the server did not know goes by itself when the slot comes', async () => {
  const [id] = await addPhotos(VISIT, [photo(3000)], 'site')
  const declared = await bodyOf(store, 'attachment', id!)
  await syncRows(store)
  const journal = server.journal.splice(0) // restored in this very moment; or the act is held until its visit comes
  await syncFiles(store)
  expect(await store.db.files.get(id!)).toMatchObject({ state: 'stuck', error: 'slot-unknown' })
  server.journal = journal
  server.feed.push(wire('attachment', id!, WO, declared!, (server.rev += 1)))
  await syncAll(store)
  expect(await store.db.files.get(id!)).toMatchObject({ state: 'stored', error: null })
})

test('bytes whose act was never recorded go after a day, and no others', async () => {
  await addPhotos(VISIT, [photo(3000, 1)], 'site')
  const { keepBytes } = await import('../../src/store/keeping')
  await keepBytes(photo(4000, 2), 1e6)
  await dropOrphans(store.db, Date.now())
  expect(await store.db.chunks.count()).toBe(2)
  await dropOrphans(store.db, Date.now() + 25 * 3600_000)
  expect(await store.db.chunks.count()).toBe(1)
})

test('a photo that reads back differently is not called saved', async () => {
  const put = store.db.chunks.bulkPut.bind(store.db.chunks)
  store.db.chunks.bulkPut = ((chunks: { bytes: ArrayBuffer }[]) =>
    put(chunks.map((chunk) => ({ ...chunk, bytes: chunk.bytes.slice(0, -1) })) as never)) as never
  await expect(addPhotos(VISIT, [photo(3000)], 'site')).rejects.toMatchObject({ code: 'storage-failed' })
  expect(await store.db.outbox.count()).toBe(0)
})

test('an empty file and one too large are refused before anything is written', async () => {
  await expect(addPhotos(VISIT, [new File([], 'x.jpg')], 'site')).rejects.toMatchObject({ code: 'file-empty' })
  const huge = new File([], 'x.jpg')
  Object.defineProperty(huge, 'size', { value: 26 * 1024 * 1024 })
  await expect(addPhotos(VISIT, [huge], 'site')).rejects.toMatchObject({ code: 'file-too-large' })
  expect(await store.db.outbox.count() + await store.db.chunks.count()).toBe(0)
})
