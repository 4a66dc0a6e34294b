/** The truth about sync: only a well-formed answer of our server counts as contact. */
import type { Ref } from 'vue'
import { current } from './current'
import { shared, useLive } from './live'
import type { Meta } from './meta'
import type { UserDatabase } from './database'
import { isOriginal, originalsWait } from './originals'
import { lastStorageReport } from './storage'
import type { SyncStatus } from './types'

/** An activity older than this belongs to a page that was killed. */
const ACTIVITY_MS = 90_000

/** Asked once for the whole page, however many parts of it show the answer: each act asks it again. */
export const useSyncStatus = shared((): Readonly<Ref<SyncStatus | undefined>> => useLive(({ db }) => () => syncStatus(db)))

export async function syncStatus(db: UserDatabase): Promise<SyncStatus> {
  const [entries, pendingActs, oldest, files, checkingFiles] = await db.transaction('r', db.meta, db.outbox, db.files, () => Promise.all([
    db.meta.toArray(),
    db.outbox.where('state').equals('pending').count(),
    db.outbox.where('state').equals('pending').first(), // of one state they lie in the order of their numbers
    db.files.where('state').anyOf('waiting', 'uploading', 'stuck').toArray(),
    db.files.where('state').equals('stored').count(),
  ]))
  const meta = Object.fromEntries(entries.map(({ key, value }) => [key, value])) as Partial<Meta>
  const storage = lastStorageReport()
  const activity = meta.activity && Date.now() - Date.parse(meta.activity.at) < ACTIVITY_MS ? meta.activity : null
  const status: SyncStatus = {
    contact: meta.problem ? 'failed' : meta.lastContact ? 'ok' : 'never',
    lastContactAt: meta.lastContact ?? null,
    syncing: activity !== null,
    phase: activity?.phase ?? 'idle',
    pendingActs,
    waitingFiles: files.length,
    checkingFiles,
    oldestPendingAt: oldest?.at ?? null,
    oldestFileAt: files.map((file) => file.addedAt).sort()[0] ?? null,
    firstSync: { complete: meta.firstSyncComplete ?? false, rows: meta.pulledRows ?? 0 },
    persisted: storage.persisted,
    storage: { used: storage.used, quota: storage.quota },
    clockOffsetMs: meta.clockOffsetMs ?? 0,
    signInNeeded: meta.signInNeeded ?? false,
    draining: meta.draining ?? null,
    compared: meta.compared ?? null,
    originalsWaiting: files.some(isOriginal) && (await originalsWait(Date.now())) ? files.filter(isOriginal).length : 0,
  }
  if (meta.problem) status.problem = meta.problem
  return status
}

/** Nothing waits and nothing is on its way: a moment for a new version of the app. */
export async function outboxIsIdle(): Promise<boolean> {
  const store = current.value
  if (!store) return true
  const { pendingActs, waitingFiles, syncing } = await syncStatus(store.db)
  return pendingActs + waitingFiles === 0 && !syncing
}

/** Something has waited this long though the server was met since, or this long without any contact. */
const LATE_WITH_CONTACT_MS = 4 * 3600_000
const LATE_WITHOUT_MS = 24 * 3600_000

/** Whether a person should be told that work does not leave this device. By the device's own clock, like its acts. */
export function isLate({ oldestPendingAt, oldestFileAt, lastContactAt }: SyncStatus, nowMs: number): boolean {
  return [oldestPendingAt, oldestFileAt].some((at) => {
    if (!at) return false
    const met = lastContactAt !== null && lastContactAt > at
    return nowMs - Date.parse(at) > (met ? LATE_WITH_CONTACT_MS : LATE_WITHOUT_MS)
  })
}
