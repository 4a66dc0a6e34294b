/** What belongs to the device and not to a person: who was here, and the language. */
import Dexie, { type Table } from 'dexie'
import type { Id, Instant } from '../protocol/nouns'

export interface KnownUser { userId: Id; login: string; name: string; deviceId: Id; lastSeenAt: Instant }
interface Setting { key: string; value: unknown }

class DeviceDatabase extends Dexie {
  users!: Table<KnownUser, string>
  settings!: Table<Setting, string>

  constructor() {
    super('xunxiu-device', { chromeTransactionDurability: 'strict' })
    this.version(1).stores({ users: 'userId', settings: 'key' })
  }
}

let opened: DeviceDatabase | undefined
const device = () => (opened ??= new DeviceDatabase())

export async function deviceSetting<T>(key: string): Promise<T | undefined> {
  return (await device().settings.get(key))?.value as T | undefined
}

export async function setDeviceSetting(key: string, value: unknown): Promise<void> {
  await device().settings.put({ key, value })
}

/** People who signed in on this device, the latest first. */
export async function knownUsers(): Promise<KnownUser[]> {
  const users = await device().users.toArray()
  return users.sort((a, b) => (a.lastSeenAt < b.lastSeenAt ? 1 : -1))
}

export async function rememberUser(user: KnownUser): Promise<void> {
  await device().users.put(user)
  await setDeviceSetting('lastUser', user.userId)
}

/** After everything of theirs was delivered and wiped: not somebody who could go on here without signing in. */
export async function forgetUser(userId: Id): Promise<void> {
  await device().users.delete(userId)
  if ((await deviceSetting('lastUser')) === userId) await setDeviceSetting('lastUser', null)
}
