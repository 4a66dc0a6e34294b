/** The truth about sync: only a well-formed answer of our server counts as contact. */
import type { Ref } from 'vue'
import { useLive } from './live'
import type { Meta } from './meta'
import type { UserDatabase } from './database'
import { lastStorageReport } from './storage'
import type { SyncStatus } from './types'

/** An activity older than this belongs to a page that was killed. */
const ACTIVITY_MS = 90_000

export function useSyncStatus(): Readonly<Ref<SyncStatus | undefined>> {
  return useLive(({ db }) => () => syncStatus(db))
}

export async function syncStatus(db: UserDatabase): Promise<SyncStatus> {
  const [entries, pendingActs, oldest, waitingFiles, checkingFiles] = await Promise.all([
    db.meta.toArray(),
    db.outbox.where('state').equals('pending').count(),
    db.outbox.where('state').equals('pending').first(),
    db.files.where('state').anyOf('waiting', 'uploading', 'stuck').count(),
    db.files.where('state').equals('stored').count(),
  ])
  const meta = Object.fromEntries(entries.map(({ key, value }) => [key, value])) as Partial<Meta>
  const storage = lastStorageReport()
  const activity = meta.activity && Date.now() - Date.parse(meta.activity.at) < ACTIVITY_MS ? meta.activity : null
  const status: SyncStatus = {
    contact: meta.problem ? 'failed' : meta.lastContact ? 'ok' : 'never',
    lastContactAt: meta.lastContact ?? null,
    syncing: activity !== null,
    phase: activity?.phase ?? 'idle',
    pendingActs,
    waitingFiles,
    checkingFiles,
    oldestPendingAt: oldest?.at ?? null,
    firstSync: { complete: meta.firstSyncComplete ?? false, rows: meta.pulledRows ?? 0 },
    persisted: storage.persisted,
    storage: { used: storage.used, quota: storage.quota },
    clockOffsetMs: meta.clockOffsetMs ?? 0,
    signInNeeded: meta.signInNeeded ?? false,
  }
  if (meta.problem) status.problem = meta.problem
  return status
}
