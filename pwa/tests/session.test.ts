import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { acceptVisit } from '../src/acts'
import { current, knownUsers, login, logout, restoreSession, switchUser } from '../src/session'
import { applyPull } from '../src/store/apply'
import { readMeta } from '../src/store/meta'
import { useFetch } from '../src/sync/http'
import { problem } from './fakeServer'
import { ALICE, BOB, firstRows, page, VISIT } from './world'

const people: Record<string, string> = { alice: ALICE, bob: BOB }
let logins: { login: string; device: { id: string } }[]
let online: boolean

beforeEach(() => {
  logins = []
  online = true
  useFetch((async (path: string, init: RequestInit) => {
    if (!online) throw new TypeError('Failed to fetch')
    if (path !== '/api/auth/login') return problem(503, 'resting')
    const body = JSON.parse(String(init.body))
    logins.push(body)
    if (body.password !== 'right') return problem(401, 'wrong-credentials')
    return Response.json({
      access: `access-${body.login}`, refresh: 'r', access_expires_at: '2099-01-01T00:00:00Z', device_id: body.device.id,
      epoch: 'epoch-1', server_time: new Date().toISOString(), user: { id: people[body.login], name: body.login, roles: ['engineer'] },
    })
  }) as never)
})
afterEach(async () => {
  await current.value?.db.outbox.clear()
  await logout()
  vi.restoreAllMocks()
})

const work = async () => {
  await applyPull(current.value!, page({ rows: firstRows() }), '2026-11-21T08:00:00.000Z')
  await acceptVisit(VISIT)
}

test('a wrong password is the server\'s word, no network is not', async () => {
  await expect(login('alice', 'wrong')).rejects.toMatchObject({ code: 'wrong-credentials' })
  online = false
  await expect(login('alice', 'right')).rejects.toMatchObject({ code: 'no-contact' })
  expect(current.value).toBeNull()
})

test('signing in once is enough to work on without a network', async () => {
  await login('alice', 'right')
  online = false
  expect(await restoreSession()).toBe(true)
  expect(current.value).toMatchObject({ userId: ALICE, name: 'alice' })
})

test('signing in again keeps the work, the numbers and the device', async () => {
  await login('alice', 'right')
  const { deviceId } = current.value!
  await work()
  await login('alice', 'right')
  expect(logins.map(({ device }) => device.id)).toEqual([deviceId, deviceId])
  expect(await current.value!.db.outbox.count()).toBe(1)
})

test('signing out is refused while work waits, and leaves nothing to read afterwards', async () => {
  await login('alice', 'right')
  await work()
  await expect(logout()).rejects.toMatchObject({ code: 'unsent-work' })
  expect(current.value?.userId).toBe(ALICE)
  await current.value!.db.outbox.clear()
  await logout()
  expect(current.value).toBeNull()
  expect(await restoreSession()).toBe(false)
})

test('two people share a phone, each with a device and a database of their own', async () => {
  await login('alice', 'right')
  await work()
  await login('bob', 'right')
  expect(await current.value!.db.outbox.count()).toBe(0)
  expect(new Set(logins.map(({ device }) => device.id)).size).toBe(2)
  online = false
  const alice = (await knownUsers()).find((user) => user.login === 'alice')!
  expect(await switchUser(alice)).toBe(true)
  expect(await current.value!.db.outbox.count()).toBe(1)
  expect(await readMeta(current.value!.db, 'tokens')).toMatchObject({ access: 'access-alice' })
})
