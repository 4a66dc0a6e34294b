/** The roster as a week reads it: shifts by person and day, and who is on duty at an instant. */
import type { DutyKind, Id, Instant } from '@/protocol/nouns'
import { CHINA } from '@/protocol/sla'
import type { Shift } from './choosing'
import { addDays, dayOf, startOfDay, toInstant } from './days'
import type { Held } from './rows'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** From and to on the clock of its day, in minutes; a night ends on the next. */
export const HOURS: Record<DutyKind, [from: number, to: number]> = {
  day: [8 * 60 + 30, 18 * 60], night: [18 * 60, 32 * 60 + 30], holiday: [8 * 60 + 30, 18 * 60], leave: [0, 24 * 60],
}
export const KINDS = Object.keys(HOURS) as DutyKind[]

export const spanOf = (kind: DutyKind, day: string, days = 1): { starts_at: Instant; ends_at: Instant } => {
  const [from, to] = HOURS[kind]
  return { starts_at: toInstant(startOfDay(day) + from * MINUTE_MS), ends_at: toInstant(startOfDay(addDays(day, days - 1)) + to * MINUTE_MS) }
}

/** The Monday of a day's week. */
export function mondayOf(day: string): string {
  return addDays(day, -((new Date(`${day}T00:00:00.000Z`).getUTCDay() + 6) % 7))
}

export const isWorkingDay = (day: string): boolean => CHINA.isWorkingDay(Date.parse(`${day}T00:00:00.000Z`))

/** Outside working days and hours, when what comes in goes to whoever is on duty. */
export function isAfterHours(at: number): boolean {
  const minutes = (at - startOfDay(dayOf(at))) / MINUTE_MS
  return !isWorkingDay(dayOf(at)) || minutes < CHINA.opens / MINUTE_MS || minutes >= CHINA.closes / MINUTE_MS
}

export const standing = (rows: readonly Held<'duty_shift'>[]): Held<'duty_shift'>[] => rows.filter((row) => !row.body.removed)

export const shiftsOf = (rows: readonly Held<'duty_shift'>[]): Shift[] => standing(rows).map(({ body }) => ({
  userId: body.user_id, kind: body.kind, start: body.starts_at, end: body.ends_at, vehicle: body.vehicle,
}))

/** Who is on duty now; those whose duty begins last come first, because they took over. */
export const onDuty = (shifts: readonly Shift[], at: number): Shift[] => shifts
  .filter((shift) => shift.kind !== 'leave' && Date.parse(shift.start) <= at && at < Date.parse(shift.end))
  .sort((a, b) => (a.start < b.start ? 1 : -1))

/** By person and day: shifts that begin on it, and leave that lasts over it. */
export function cellsOf(rows: readonly Held<'duty_shift'>[], monday: string): Map<string, Held<'duty_shift'>[]> {
  const cells = new Map<string, Held<'duty_shift'>[]>()
  for (const row of standing(rows)) {
    for (let i = 0; i < 7; i++) {
      const day = addDays(monday, i)
      const begins = dayOf(row.body.starts_at) === day
      const lasts = row.body.kind === 'leave' && row.body.starts_at < toInstant(startOfDay(day) + 24 * HOUR_MS) && row.body.ends_at > toInstant(startOfDay(day))
      if (begins || lasts) cells.set(cellKey(row.body.user_id, day), [...(cells.get(cellKey(row.body.user_id, day)) ?? []), row])
    }
  }
  return cells
}
export const cellKey = (userId: Id, day: string): string => `${userId} ${day}`
