/** The level a person in the field would propose, and why; the office decides (A5). */
import { t } from '@/i18n'
import type { Severity } from '@/protocol/nouns'
import type { RowOf } from '@/store'

const DAY_MS = 24 * 3600_000
export interface Suggestion { level: 1 | 2 | 3; reason: string }

const BY_SEVERITY: Record<Severity, 1 | 2 | 3> = { critical: 1, major: 2, minor: 3 }
const REASONS = { critical: 'ticket.reason.critical', major: 'ticket.reason.hampers', minor: 'ticket.reason.general' } as const

/** Whether the same equipment was repaired within a year. */
export const failedBefore = (records: readonly RowOf<'service_record'>[], assetId: string | null, now: number): boolean =>
  assetId !== null && records.some(({ body }) =>
    body.asset_id === assetId && now - Date.parse(body.finished_at ?? '') < 365 * DAY_MS)

export function suggestLevel(severity: Severity, again: boolean): Suggestion {
  const level = BY_SEVERITY[severity]
  if (again && level > 2) return { level: 2, reason: t('ticket.reason.again') }
  return { level, reason: t(REASONS[severity]) }
}
