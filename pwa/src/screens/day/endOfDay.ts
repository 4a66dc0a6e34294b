/** The evening: is everything I did today at the office, and is nothing half done. Pure. */
import { isLive } from '@/protocol/lifecycle'
import type { DayItem, RowOf } from '@/store'
import { dayKey } from '@/i18n'

const DAY_MS = 24 * 3_600_000
const ZONE_MS = 8 * 3_600_000

/** The instants a calendar day of the company begins and ends at. */
export function dayOf(key: string): { from: string; to: string } {
  const start = Date.parse(`${key}T00:00:00.000Z`) - ZONE_MS
  return { from: new Date(start).toISOString(), to: new Date(start + DAY_MS).toISOString() }
}

export interface VisitDay {
  visitId: string | null
  all: number
  verified: number
  /** What is not verified, with where it is. */
  open: DayItem[]
}

/** By visit, the ones with something open first; what belongs to no visit comes under null. */
export function byVisit(items: readonly DayItem[]): VisitDay[] {
  const found = new Map<string | null, VisitDay>()
  for (const item of items) {
    const day = found.get(item.visitId) ?? { visitId: item.visitId, all: 0, verified: 0, open: [] }
    day.all += 1
    if (item.where === 'verified') day.verified += 1
    else day.open.push(item)
    found.set(item.visitId, day)
  }
  return [...found.values()].sort((a, b) => b.open.length - a.open.length)
}

export type Loose = 'live' | 'to_submit' | 'not_begun'

/** What a visit of today still asks for before going home; null when nothing. */
export function looseEnd(visit: RowOf<'visit'>, today: string, now: number): Loose | null {
  const { state, slot_start, slot_end } = visit.body
  if (['signed', 'sign_waived', 'cannot_complete'].includes(state)) return 'to_submit'
  if (isLive(state)) return 'live'
  const planned = ['dispatched', 'accepted'].includes(state) && dayKey(slot_start) <= today
  return planned && Date.parse(slot_end) < now ? 'not_begun' : null
}
