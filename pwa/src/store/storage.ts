/** What the browser promises about our storage, and how much there is. */

export interface StorageReport { persisted: boolean | null; used: number | null; quota: number | null }

let last: StorageReport = { persisted: null, used: null, quota: null }

/** Asks the browser; kept for `useSyncStatus`, which must not wait for it. */
export async function storageReport(): Promise<StorageReport> {
  const storage = globalThis.navigator?.storage
  const [persisted, estimate] = await Promise.all([
    storage?.persisted?.().catch(() => null) ?? null,
    storage?.estimate?.().catch(() => null) ?? null,
  ])
  last = { persisted, used: estimate?.usage ?? null, quota: estimate?.quota ?? null }
  return last
}

/** Percent of the battery, in browsers that tell. */
export async function batteryPercent(): Promise<number | null> {
  const ask = (globalThis.navigator as { getBattery?: () => Promise<{ level: number }> } | undefined)?.getBattery
  const level = ask ? (await ask.call(globalThis.navigator).catch(() => null))?.level : null
  return typeof level === 'number' ? Math.round(level * 100) : null
}

/** At a moment that a browser takes for earnest: after signing in, after the first unsent work, at a person's wish. */
export async function askForPersistence(): Promise<boolean> {
  await globalThis.navigator?.storage?.persist?.().catch(() => false)
  return (await storageReport()).persisted ?? false
}

/** What was asked last; a screen must not wait for the browser's answer. */
export const lastStorageReport = (): StorageReport => last
