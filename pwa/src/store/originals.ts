/** Large files may wait for Wi-Fi when their owner wants that. Acts and signatures never do. */
import type { StoredFile } from './database'
import { deviceSetting, setDeviceSetting } from './device'
import { requestSync } from './signal'

const SETTING = 'originals'
const NOW_UNTIL = 'originalsUntil'
/** "Send now" holds this long. */
const NOW_MS = 60 * 60_000
/** Files of at least this priority are small or signatures. */
const SMALL_PRIORITY = 5
/** Lines on which bytes cost nothing extra. */
const FREE = new Set(['wifi', 'ethernet', 'none'])

/** What the system says of the line; undefined where the browser does not tell, as on iOS and on desktops. */
export const lineType = (): string | undefined =>
  (globalThis.navigator as { connection?: { type?: string } } | undefined)?.connection?.type

export const isOriginal = (file: StoredFile): boolean => file.priority < SMALL_PRIORITY

export const wifiOnly = async (): Promise<boolean> => (await deviceSetting(SETTING)) === 'wifi'

export async function wantWifiOnly(wanted: boolean): Promise<void> {
  await setDeviceSetting(SETTING, wanted ? 'wifi' : 'always')
  requestSync()
}

/** A person knows better than the system: for an hour, whatever the line. */
export async function sendOriginalsNow(): Promise<void> {
  await setDeviceSetting(NOW_UNTIL, Date.now() + NOW_MS)
  requestSync()
}

/** Where the line is not known, nothing waits: a photo that never leaves is worse than one that costs. */
export async function originalsWait(nowMs: number): Promise<boolean> {
  if (!(await wifiOnly()) || ((await deviceSetting<number>(NOW_UNTIL)) ?? 0) > nowMs) return false
  const type = lineType()
  return type !== undefined && !FREE.has(type)
}
