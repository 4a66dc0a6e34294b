import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { acceptVisit, addNote } from '../../src/acts'
import { bytesRecord, jsonRecord, Seal } from '../../src/protocol/rescue'
import { newId } from '../../src/protocol/ids'
import { setDeviceSetting } from '../../src/store/device'
import { CHUNK_BYTES, sha256Of } from '../../src/store/files'
import { makeRescue, othersUnsent, rememberOfficeKey, unsentOf } from '../../src/store/rescue'
import { rememberUser } from '../../src/store/device'
import { opened } from '../rescueOpening'
import { ALICE, BOB, phone, VISIT } from '../world'
import type { Store } from '../../src/store/current'

const VECTOR = join(import.meta.dirname, '../../../tests/vectors/rescue.json')
const vector = JSON.parse(readFileSync(VECTOR, 'utf8'))

let store: Store
beforeEach(async () => {
  store = await phone()
  await rememberOfficeKey(vector.public_key)
})

const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer())

/** A photo kept on the phone, as the camera leaves it. */
async function photo(size: number, state: 'waiting' | 'stored' | 'verified' = 'waiting') {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536)))
  const whole = new Uint8Array(size).map((_, i) => bytes[i % bytes.length]!)
  const sha256 = await sha256Of(whole.buffer)
  for (let i = 0; i * CHUNK_BYTES < size; i++) {
    await store.db.chunks.put({ sha256, i, at: '2026-11-21T08:00:00.000Z', bytes: whole.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES).buffer })
  }
  const attachmentId = newId()
  await store.db.files.put({
    attachmentId, sha256, size, mime: 'image/jpeg', purpose: 'before', priority: 1, visitId: VISIT, uploadUrl: null, verifiedAt: null,
    state, offset: 0, tries: 0, error: null, addedAt: '2026-11-21T08:00:00.000Z',
  })
  return { attachmentId, sha256, whole }
}

test('the file holds every act and every byte the server has not verified, and says whose it is', async () => {
  await acceptVisit(VISIT)
  await addNote(VISIT, '泵房积水')
  const large = await photo(CHUNK_BYTES + 1000)
  const stored = await photo(3000, 'stored')
  await photo(5000, 'verified')
  const made = await makeRescue(ALICE)
  expect([made.acts, made.files, made.bytes]).toEqual([2, 1, large.whole.length])
  expect(made.file.name).toMatch(/^alice-\d{8}-\d{4}\.rescue$/)
  const found = await opened(await bytesOf(made.file), vector.private_key)
  expect(found.head).toMatchObject({ device: store.deviceId, user: ALICE, login: 'alice', proof: 'refresh-1', acts: 2, files: 1 })
  expect(found.acts).toEqual((await store.db.outbox.toArray()).map(({ n, id, act, v, at, args, group }) => ({ n, id, act, v, at, args, group })))
  expect(new Map(found.files.map((file) => [file.about['attachment'], file.bytes.length])))
    .toEqual(new Map([[large.attachmentId, large.whole.length], [stored.attachmentId, 3000]]))
  expect(await sha256Of(found.files.find((file) => file.about['attachment'] === large.attachmentId)!.bytes.slice().buffer)).toBe(large.sha256)
  expect(found.ended).toBe(true)
})

test('making it changes nothing: what waits still waits', async () => {
  await acceptVisit(VISIT)
  const before = await store.db.outbox.toArray()
  await makeRescue(ALICE)
  expect(await store.db.outbox.toArray()).toEqual(before)
})

test('a photo whose bytes are gone does not cost the others', async () => {
  const gone = await photo(2000)
  await photo(3000)
  await store.db.chunks.where('[sha256+i]').between([gone.sha256, 0], [gone.sha256, Infinity]).delete()
  const found = await opened(await bytesOf((await makeRescue(ALICE)).file), vector.private_key)
  expect(found.files.map((file) => file.bytes.length).sort()).toEqual([0, 3000])
})

test('without the office\'s key it says so instead of making a file nobody can open', async () => {
  await setDeviceSetting('officeKey', undefined)
  await expect(makeRescue(ALICE)).rejects.toMatchObject({ code: 'no-office-key' })
})

test('another user\'s work on this phone is seen and rescued without their password', async () => {
  await acceptVisit(VISIT)
  await rememberUser({ userId: ALICE, login: 'alice', name: 'Alice', deviceId: store.deviceId, lastSeenAt: '2026-11-21T08:00:00.000Z' })
  await phone(BOB, 'Bob')
  await rememberUser({ userId: BOB, login: 'bob', name: 'Bob', deviceId: newId(), lastSeenAt: '2026-11-21T09:00:00.000Z' })
  expect(await othersUnsent(BOB)).toEqual([{ userId: ALICE, name: 'Alice', acts: 1, files: 0, bytes: 0 }])
  const found = await opened(await bytesOf((await makeRescue(ALICE)).file), vector.private_key)
  expect([found.head['user'], found.acts.length]).toEqual([ALICE, 1])
  expect(await unsentOf(BOB)).toEqual({ acts: 0, files: 0, bytes: 0 })
})

test('a file the reference client made is opened here, and one made here by the server', async () => {
  const { contents } = vector
  const parts: Uint8Array[] = []
  const { seal, preamble } = await Seal.for(vector.public_key)
  parts.push(preamble, await seal.record(jsonRecord(contents.head), false), await seal.record(jsonRecord({ kind: 'acts', acts: contents.acts }), false))
  for (const { about, bytes } of contents.files) {
    parts.push(await seal.record(jsonRecord({ kind: 'file', ...about }), false))
    parts.push(await seal.record(bytesRecord(Uint8Array.from(Buffer.from(bytes, 'base64'))), false))
  }
  parts.push(await seal.record(jsonRecord({ kind: 'end' }), true))
  const made = Buffer.concat(parts)
  if (process.env['WRITE_VECTOR'] && existsSync(VECTOR)) {
    writeFileSync(VECTOR, `${JSON.stringify({ ...vector, typescript: made.toString('base64') }, null, 1)}\n`)
  }
  for (const file of [made, Buffer.from(vector.python, 'base64'), Buffer.from(vector.typescript, 'base64')]) {
    const found = await opened(Uint8Array.from(file), vector.private_key)
    expect([found.head, found.acts]).toEqual([contents.head, contents.acts])
    expect(found.files.map(({ about, bytes }) => [about['sha256'], Buffer.from(bytes).toString('base64')]))
      .toEqual(contents.files.map((file: { about: { sha256: string }; bytes: string }) => [file.about.sha256, file.bytes]))
  }
})
