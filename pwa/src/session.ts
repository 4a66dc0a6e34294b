/**
 * Who works on this device. A person signs in once, online, and works on without a network afterwards; an expired
 * token stops sending, never working. Each person has a database of their own: signing in as another locks the first
 * one's outbox, which is kept and never sent under the other's name.
 */
import { newId } from './protocol/ids'
import { NotOurs } from './protocol/wire'
import type { Id, Role, UserBody } from './protocol/nouns'
import { hasOffice } from './roles'
import { now } from './store/clock'
import { atomically } from './store/connection'
import { current, type Store } from './store/current'
import { UserDatabase, type Tokens } from './store/database'
import { deviceSetting, knownUsers, rememberUser, setDeviceSetting, type KnownUser } from './store/device'
import { followHeld, noticeLosses } from './store/evicting'
import { beginLine } from './store/line'
import { forgetMarker } from './store/marker'
import { readMeta, writeMeta } from './store/meta'
import { openStore } from './store/opening'
import { ActRefused } from './store/refusal'
import { officeKey, rememberOfficeKey } from './store/rescue'
import { SESSION_CHANNEL, saySignedOut } from './store/signal'
import { askForPersistence } from './store/storage'
import { NoContact, Problem, epochOf, jsonOf, plainRequest, request, tokensOf } from './sync/http'
import { startSync } from './sync/triggers'

export { current, type Store } from './store/current'
export { knownUsers, type KnownUser } from './store/device'
export { lossWasRead, unreadLosses, type Lost } from './store/evicting'

/** `code` is `no-contact` or the server's own, such as that of a wrong password. */
export class SignInFailed extends Error {
  constructor(readonly code: string, readonly detail: string) {
    super(`${code}: ${detail}`)
    this.name = 'SignInFailed'
  }
}

let stopSync = () => {}
const otherTabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(SESSION_CHANNEL)
otherTabs?.addEventListener('message', ({ data }) => { if (data.loggedOut === current.value?.userId) leave() })

/** Answers about a device after which only another number line will do. */
const LINE_CLOSED = new Set(['device-revoked', 'device-foreign', 'device-cloned'])

/** At the start of the app: whoever worked last works on, network or not. False: nobody, so show the sign-in. */
export async function restoreSession(): Promise<boolean> {
  await noticeLosses().catch((error) => console.error('Whether anything was lost is not known', error))
  const userId = await deviceSetting<Id>('lastUser')
  const store = userId && (await openStore(userId))
  if (!store) return false
  await prepare(store)
  enter(store)
  return true
}

/** Online. Also after an expiry: the same person finds everything as it was. Throws `SignInFailed`. */
export async function login(name: string, password: string): Promise<void> {
  const known = (await knownUsers()).find((user) => user.login === name)
  let signed = await signInOn(known?.deviceId ?? newId(), name, password)
  const db = new UserDatabase(signed.user.id)
  const held = await readMeta(db, 'deviceId')
  const closed = await readMeta(db, 'lineClosed')
  // The outbox's numbers belong to the device it began as: that device it must stay, unless its line takes no more.
  if (held && held !== signed.deviceId && !signed.anew && !closed) signed = await signInOn(held, name, password)
  if (held === signed.deviceId && closed) signed = await signInOn(newId(), name, password)
  const { user, deviceId, tokens, epoch } = signed
  if (held && held !== deviceId) await beginLine(db, deviceId, tokens, epoch)
  await writeMeta(db, {
    deviceId, tokens, signInNeeded: false, problem: null, draining: null, lineClosed: false,
    user: { id: user.id, login: user.login, name: user.name, roles: user.roles },
  })
  await rememberUser({ userId: user.id, login: user.login, name: user.name, deviceId, lastSeenAt: now() })
  void askForPersistence() // Firefox asks the person, who may take their time: signing in does not wait for that
  db.close()
  const store = (await openStore(user.id))!
  await prepare(store)
  enter(store)
}

/** Someone who signed in here before and did not sign out; no network needed. False: they must sign in. */
export async function switchUser(user: KnownUser): Promise<boolean> {
  const store = await openStore(user.userId)
  if (!store) return false
  await rememberUser({ ...user, lastSeenAt: now() })
  await prepare(store)
  enter(store)
  return true
}

/** What would be lost is never lost: refused (`unsent-work`) until every act has its receipt and every file is stored. */
export async function logout(): Promise<void> {
  const store = current.value
  if (!store) return
  const { db } = store
  const unsent = await db.outbox.where('state').equals('pending').count()
    + await db.files.where('state').anyOf('waiting', 'uploading', 'stuck').count()
  if (unsent > 0) throw new ActRefused('unsent-work', String(unsent))
  stopSync()
  await request(store, '/api/auth/logout', { method: 'POST' }).catch(() => {}) // offline the token runs out by itself
  // Pulled rows go, so that the next holder of the phone does not read them; numbers, journal and drafts stay.
  await atomically(db, ['rows', 'meta', 'outbox'], async (tables) => {
    if (await tables.outbox.where('state').equals('pending').count()) throw new ActRefused('unsent-work')
    await tables.rows.clear()
    await writeMeta(tables, { tokens: null, cookie: null, firstSyncComplete: false, pulledRows: 0 })
  })
  await import('./store/shelf').then(({ clearShelf }) => clearShelf(store.userId)).catch(() => {}) // it can be had again; signing out cannot wait
  await setDeviceSetting('lastUser', null)
  await forgetMarker(store.userId)
  saySignedOut(store.userId)
  leave()
}

export async function changePassword(old: string, changed: string): Promise<void> {
  const store = current.value
  if (!store) throw new ActRefused('not-signed-in')
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ old, new: changed }) }
  await explain(async () => jsonOf(await request(store, '/api/auth/password', init)))
}

/** What a desk does has effects a phone need not load. Where they cannot come now, the office brings them itself. */
async function prepare({ roles }: Store): Promise<void> {
  if (hasOffice(roles)) await import('./protocol/effects/desk').catch(() => {})
}

function enter(store: Store): void {
  leave()
  current.value = store
  const stopSending = startSync(store)
  const stopMarking = followHeld(store, () => void emptied(store))
  stopSync = () => {
    stopSending()
    stopMarking()
  }
  void learnOfficeKey(store).catch(() => {}) // at the next start then
}

/** The database was taken away while somebody worked: said at once, because nothing more of theirs is safe here. */
async function emptied(store: Store): Promise<void> {
  if (current.value !== store) return
  stopSync()
  await noticeLosses()
  leave()
}

/** For whoever signed in before phones were told the key. */
async function learnOfficeKey(store: Store): Promise<void> {
  if (await officeKey()) return
  await jsonOf(await request(store, '/api/auth/me'))
    .then((me) => rememberOfficeKey((me as { rescue_key?: unknown }).rescue_key))
}

function leave(): void {
  stopSync()
  stopSync = () => {}
  const left = current.value
  current.value = null
  if (left) setTimeout(() => left.db.close()) // after the screens have stopped asking it
}

interface SignedIn { user: { id: Id; login: string; name: string; roles: Role[] }; deviceId: Id; tokens: Tokens; epoch: string | null }

/** `anew`: on a device of another id, because the one asked for takes no more. */
async function signInOn(deviceId: Id, name: string, password: string): Promise<SignedIn & { anew: boolean }> {
  try {
    return { ...(await askLogin(name, password, deviceId)), anew: false }
  } catch (error) {
    if (!(error instanceof SignInFailed) || !LINE_CLOSED.has(error.code)) throw error
    return { ...(await askLogin(name, password, newId())), anew: true }
  }
}

async function askLogin(name: string, password: string, deviceId: Id): Promise<SignedIn> {
  const body = { login: name, password, device: { id: deviceId, name: deviceName(), platform: platform() } }
  return explain(async () => {
    const data = await jsonOf(await plainRequest('/api/auth/login', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    })) as { user?: Partial<UserBody> & { id?: Id }; device_id?: Id; rescue_key?: unknown }
    const { user, device_id, rescue_key: key } = data
    await rememberOfficeKey(key)
    if (!user?.id || !device_id) throw new NotOurs('login')
    return {
      deviceId: device_id, tokens: tokensOf(data), epoch: epochOf(data),
      user: { id: user.id, login: user.login ?? name, name: user.name ?? name, roles: user.roles ?? [] },
    }
  })
}

async function explain<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Problem) throw new SignInFailed(error.code, error.detail)
    if (error instanceof NoContact || error instanceof NotOurs) throw new SignInFailed('no-contact', error.message)
    throw error
  }
}

const platform = (): string =>
  ((navigator as { userAgentData?: { platform: string } }).userAgentData?.platform || navigator.platform || 'web').slice(0, 60)

/** Something a person recognises in the list of devices. */
function deviceName(): string {
  const browser = /(Edg|Firefox|CriOS|Chrome|Safari)\//.exec(navigator.userAgent)?.[1] ?? 'Browser'
  return `${platform()} · ${browser.replace('Edg', 'Edge').replace('CriOS', 'Chrome')}`
}
