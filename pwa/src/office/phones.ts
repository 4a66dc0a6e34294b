/** What the office may claim to know about a phone, and how old that knowledge is. */
import type { Held } from './rows'

export type Freshness = 'fresh' | 'stale' | 'silent'

/** Minutes since the last contact up to which a phone is taken at its word. */
export const FRESH_MINUTES = 10
/** Minutes after which what the board shows of an engineer is history, not news. */
export const SILENT_MINUTES = 60

export interface Phone {
  lastContact: string | null
  minutes: number | null
  freshness: Freshness
  pending: number
  filesWaiting: number
  oldestAt: string | null
  failing: string | null
  appVersion: string | null
  clockOffsetMs: number | null
  persisted: boolean | null
  storageUsed: number | null
  storageQuota: number | null
  battery: number | null
}

export const NO_PHONE: Phone = {
  lastContact: null, minutes: null, freshness: 'silent', pending: 0, filesWaiting: 0, oldestAt: null, failing: null,
  appVersion: null, clockOffsetMs: null, persisted: null, storageUsed: null, storageQuota: null, battery: null,
}

export function minutesSince(instant: string | null | undefined, now: number): number | null {
  if (!instant) return null
  const t = Date.parse(instant)
  return Number.isNaN(t) ? null : Math.max(0, Math.floor((now - t) / 60_000))
}

export function freshness(minutes: number | null): Freshness {
  if (minutes === null || minutes > SILENT_MINUTES) return 'silent'
  return minutes <= FRESH_MINUTES ? 'fresh' : 'stale'
}

/**
 * One phone per engineer. An engineer may carry two devices: the newest contact says how fresh we are, and everything
 * that waits anywhere is counted, because work that waits on the second phone is just as absent here.
 */
export function phonesByUser(rows: readonly Held<'phone_status'>[], now: number): Map<string, Phone> {
  const byUser = new Map<string, Phone>()
  const newestFirst = [...rows].sort((a, b) => (b.body.last_contact ?? '').localeCompare(a.body.last_contact ?? ''))
  for (const { body } of newestFirst) {
    const known = byUser.get(body.user_id)
    if (!known) {
      const minutes = minutesSince(body.last_contact, now)
      byUser.set(body.user_id, {
        lastContact: body.last_contact, minutes, freshness: freshness(minutes),
        pending: body.pending ?? 0, filesWaiting: body.files_waiting ?? 0, oldestAt: body.oldest_at,
        failing: body.failing, appVersion: body.app_version, clockOffsetMs: body.clock_offset_ms,
        persisted: body.persisted, storageUsed: body.storage_used, storageQuota: body.storage_quota, battery: body.battery ?? null,
      })
      continue
    }
    known.pending += body.pending ?? 0
    known.filesWaiting += body.files_waiting ?? 0
    known.failing ??= body.failing
    if (body.oldest_at && (!known.oldestAt || body.oldest_at < known.oldestAt)) known.oldestAt = body.oldest_at
  }
  return byUser
}
