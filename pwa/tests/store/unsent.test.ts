/** A shared phone: whose work still waits on it, as the sign-in screen says beside each name. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { acceptVisit, addNote, addPhotos } from '../../src/acts'
import { forgetUser, rememberUser } from '../../src/store/device'
import { othersUnsent, unsentOf } from '../../src/store/rescue'
import { writeMeta } from '../../src/store/meta'
import { useFetch } from '../../src/sync/http'
import { syncAll, syncRows } from '../../src/sync/sync'
import { FakeServer, problem } from '../fakeServer'
import { ALICE, BOB, phone, VISIT } from '../world'

let server: FakeServer
beforeEach(() => {
  server = new FakeServer()
  useFetch(server.fetch as typeof fetch)
})
afterEach(async () => {
  await Promise.all([forgetUser(ALICE), forgetUser(BOB)])
})

const NAMES: Record<string, string> = { [ALICE]: 'Alice', [BOB]: 'Bob' }
async function here(userId: string) {
  const store = await phone(userId, NAMES[userId]!)
  await writeMeta(store.db, { cookie: 'epoch-1/10/0' })
  await rememberUser({ userId, login: NAMES[userId]!, name: NAMES[userId]!, deviceId: store.deviceId, lastSeenAt: '2026-11-21T08:00:00.000Z' })
  return store
}
const photo = (size: number) => new Blob([new Uint8Array(size)], { type: 'image/jpeg' })

test('each person has their own count, of acts, files and bytes; who works now is not among the others', async () => {
  const alice = await here(ALICE)
  await acceptVisit(VISIT)
  await addPhotos(VISIT, [photo(5000)], 'site')
  const bob = await here(BOB)
  await addNote(VISIT, 'Bob was here')
  const [ofAlice, ofBob] = [{ acts: 2, files: 1, bytes: 5000 }, { acts: 1, files: 0, bytes: 0 }]
  expect(await othersUnsent(BOB)).toEqual([{ userId: ALICE, name: 'Alice', ...ofAlice }])
  expect(await othersUnsent(ALICE)).toEqual([{ userId: BOB, name: 'Bob', ...ofBob }])
  expect(await othersUnsent(undefined)).toHaveLength(2)
  alice.db.close()
  bob.db.close()
})

test('an answered act no longer counts; a file does until the server has it, also one that stepped aside', async () => {
  const alice = await here(ALICE)
  await acceptVisit(VISIT)
  await addPhotos(VISIT, [photo(5000)], 'site')
  await syncRows(alice)
  expect(await unsentOf(ALICE)).toEqual({ acts: 0, files: 1, bytes: 5000 })
  server.fault = (path) => (path.includes('uploads') ? problem(413, 'file-too-large') : undefined)
  await syncAll(alice)
  expect(await othersUnsent(undefined)).toMatchObject([{ name: 'Alice', acts: 0, files: 1 }])
  await alice.db.files.toCollection().modify({ state: 'waiting', error: null })
  server.fault = () => undefined
  await syncAll(alice)
  expect(await othersUnsent(undefined)).toEqual([])
  alice.db.close()
})
