/** Deadlines: twin of `sync/sla.py`, which says what a span, a pause and an extension are. Instants in milliseconds. */
import calendars from '@rules/calendar.json'
import rules from '@rules/sla.json'
import { zone, type Zone } from './zones'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export type MilestoneKind = 'confirm' | 'respond' | 'plan' | 'dispatch' | 'arrive' | 'resolve' | 'feed_back'
export type Clock = 'elapsed' | 'working_days' | 'service'
type Amount = { minutes?: number; hours?: number; working_days?: number; end_of_day?: boolean }
export interface Span extends Amount { clock: Clock; from?: 'resolve'; declared?: Amount }
export type Spans = Partial<Record<MilestoneKind, Span>>
export interface Policy {
  name: string
  name_en: string
  zone?: string
  calendar?: string
  service_hours?: string[]
  days_off?: string[]
  workdays?: string[]
  warn?: number[]
  pauses?: string[]
  levels: Record<string, Spans>
}
export type Interval = readonly [from: number, to: number]

export const KINDS = rules.kinds as MilestoneKind[]
export const CLOCKS = rules.clocks as Clock[]
export const PRESETS = rules.policies as unknown as Record<string, Policy>
export const DEFAULTS = rules.defaults
export const CALENDARS: Record<string, { name?: string; name_en?: string; days_off: Record<string, string>; workdays: string[] }> =
  { cn: calendars, ...calendars.others }

/** When clocks are open: days as `2026-11-21`, hours in milliseconds from the zone's midnight. */
export interface Timetable { isWorkingDay(day: number): boolean; opens: number; closes: number; zone: Zone }

const clockTime = (text: string): number => {
  const [hours, minutes] = text.split(':').map(Number)
  return hours! * HOUR + minutes! * MINUTE
}

/** What a policy does not say is as in the defaults; its own days go before the calendar's. */
export function timetable(policy: Partial<Policy>): Timetable {
  const said = { ...DEFAULTS, ...policy }
  const calendar = CALENDARS[said.calendar]
  if (!calendar) throw new RangeError(`unknown calendar: ${said.calendar}`)
  const [ownOff, ownWorkdays] = [new Set<string>(said.days_off), new Set<string>(said.workdays)]
  const off = new Set([...Object.keys(calendar.days_off).filter((day) => !ownWorkdays.has(day)), ...ownOff])
  const madeUp = new Set([...calendar.workdays.filter((day) => !ownOff.has(day)), ...ownWorkdays])
  const isWorkingDay = (midnight: number): boolean => {
    const date = new Date(midnight)
    const day = date.toISOString().slice(0, 10)
    return madeUp.has(day) || (date.getUTCDay() % 6 !== 0 && !off.has(day))
  }
  const [opens, closes] = said.service_hours.map(clockTime)
  return { isWorkingDay, opens: opens!, closes: closes!, zone: zone(said.zone) }
}

export const CHINA = timetable({})

const hoursOf = (table: Timetable, clock: Clock): Interval => (clock === 'service' ? [table.opens, table.closes] : [0, DAY])

function* windows(table: Timetable, clock: Clock, start: number): Generator<Interval> {
  if (clock === 'elapsed') {
    yield [start, Infinity]
    return
  }
  if (!CLOCKS.includes(clock)) throw new RangeError(`unknown clock: ${String(clock)}`)
  const [opens, closes] = hoursOf(table, clock)
  const local = start + table.zone.offsetAt(start)
  for (let midnight = local - (((local % DAY) + DAY) % DAY); ; midnight += DAY) {
    if (!table.isWorkingDay(midnight)) continue
    const end = table.zone.instant(midnight + closes)
    if (start < end) yield [Math.max(start, table.zone.instant(midnight + opens)), end]
  }
}

/** Pauses in order, those that meet or overlap as one: time is not taken off twice. */
function merged(pauses: readonly Interval[]): Interval[] {
  const found: [number, number][] = []
  for (const [begins, ends] of [...pauses].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = found.at(-1)
    if (last && begins <= last[1]) last[1] = Math.max(ends, last[1])
    else if (ends > begins) found.push([begins, ends])
  }
  return found
}

function* open(start: number, clock: Clock, table: Timetable, pauses: readonly Interval[]): Generator<Interval> {
  for (const [opens, closes] of windows(table, clock, start)) {
    let from = opens
    for (const [begins, ends] of pauses) {
      if (ends <= from || begins >= closes) continue
      if (begins > from) yield [from, begins]
      from = Math.max(from, ends)
    }
    if (from < closes) yield [from, closes]
  }
}

function spend(length: number, pieces: Iterable<Interval>): number {
  for (const [opens, closes] of pieces) {
    if (length <= closes - opens) return opens + length
    length -= closes - opens
  }
  throw new Error('windows never end')
}

function lengthOf(start: number, span: Span, table: Timetable): number {
  if (span.minutes !== undefined) return span.minutes * MINUTE
  if (span.hours !== undefined) return span.hours * HOUR
  if (span.working_days !== undefined) {
    const [opens, closes] = hoursOf(table, span.clock)
    return span.working_days * (closes - opens)
  }
  if (span.end_of_day && span.clock !== 'elapsed') {
    const [begins, ends] = windows(table, span.clock, start).next().value as Interval
    return ends - begins
  }
  throw new RangeError('a span needs minutes, hours, working_days or the end of a working day')
}

/** How long a clock was open between two instants. */
export function openTime(begin: number, end: number, clock: Clock, table: Timetable = CHINA, pauses: readonly Interval[] = []): number {
  let total = 0
  if (end <= begin) return total
  for (const [opens, closes] of open(begin, clock, table, merged(pauses))) {
    if (opens >= end) break
    total += Math.min(closes, end) - opens
    if (closes >= end) break
  }
  return total
}

/** The instant at which the span has passed since `start`; from an extension on, its date, moved by later pauses only. */
export function dueAt(
  start: number, span: Span, table: Timetable = CHINA, pauses: readonly Interval[] = [], extension: Interval | null = null,
): number {
  if (!extension) return spend(lengthOf(start, span, table), open(start, span.clock, table, merged(pauses)))
  const [at, to] = extension
  const later = merged(pauses.filter(([, ends]) => ends > at).map(([begins, ends]) => [Math.max(begins, at), ends]))
  const length = openTime(at, to, span.clock, table)
  return later.length && length ? Math.max(to, spend(length, open(at, span.clock, table, later))) : to
}

/**
 * When so many per cent of the clock's open time have run. An extended clock counts from its extension; where no open
 * time is left before the deadline, time on the wall counts instead.
 */
export function warningsAt(
  start: number, span: Span, percents: readonly number[], table: Timetable = CHINA, pauses: readonly Interval[] = [],
  extension: Interval | null = null,
): number[] {
  const begin = extension ? extension[0] : start
  const due = dueAt(start, span, table, pauses, extension)
  const isOpen = openTime(begin, due, span.clock, table, pauses) > 0
  const [clock, paused]: [Clock, Interval[]] = isOpen ? [span.clock, merged(pauses)] : ['elapsed', []]
  const total = openTime(begin, due, clock, table, paused)
  return percents.map((one) => spend(Math.floor((total * one) / 100), open(begin, clock, table, paused)))
}

/** What the policy promises on a level, in the order of the work. */
export function spansOf(policy: Pick<Policy, 'levels'>, level: number): [MilestoneKind, Span][] {
  const said = policy.levels[String(level)]
  if (!said) throw new RangeError(`unknown level: ${level}`)
  return KINDS.flatMap((kind) => (said[kind] ? [[kind, said[kind]] as [MilestoneKind, Span]] : []))
}

/** What was promised when the matter was reported. */
export function milestonesOf(policy: Policy, level: number, reportedAt: number, pauses: readonly Interval[] = []): { kind: MilestoneKind; dueAt: number }[] {
  const table = timetable(policy)
  return spansOf(policy, level).filter(([, span]) => !span.from)
    .map(([kind, span]) => ({ kind, dueAt: dueAt(reportedAt, span, table, pauses) }))
}
