/**
 * Days and slots as the office thinks of them. The company's wall clock is China's, which has no summer time, so days
 * are plain arithmetic and a desk abroad, or one with a wrong zone, dispatches for the same hour as everybody else.
 */

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Wall clock ahead of UTC. */
const ZONE_MS = 8 * HOUR_MS

const wall = (at: number | string): string => new Date(new Date(at).getTime() + ZONE_MS).toISOString()

/** Wall-clock date of an instant, `2026-11-21`. */
export const dayOf = (at: number | string): string => wall(at).slice(0, 10)

/** `10:32` of an instant. */
export const clock = (at: number | string): string => wall(at).slice(11, 16)

/** The first millisecond of a day. */
export const startOfDay = (day: string): number => Date.parse(`${day}T00:00:00.000Z`) - ZONE_MS

export const addDays = (day: string, n: number): string => dayOf(startOfDay(day) + n * DAY_MS)

export function isDay(text: unknown): text is string {
  return typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))
}

export const toInstant = (ms: number): string => new Date(ms).toISOString()

/** The value an `<input type="datetime-local">` wants. */
export const toLocalInput = (at: string | number): string => wall(at).slice(0, 16)

export function fromLocalInput(text: string): string | null {
  const ms = Date.parse(`${text}:00.000Z`) - ZONE_MS
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text) && !Number.isNaN(ms) ? toInstant(ms) : null
}

export interface Slot { start: string; end: string }
export type PresetKey = 'now' | 'afternoon' | 'tomorrow_am' | 'tomorrow_pm'

/** The slots a dispatcher names most, counted from now; an afternoon that has begun is not offered. */
export function slotPresets(now: number): { key: PresetKey; slot: Slot }[] {
  const today = dayOf(now)
  const tomorrow = addDays(today, 1)
  const quarter = Math.ceil(now / (15 * MINUTE_MS)) * 15 * MINUTE_MS
  const twoHours = (start: number): Slot => ({ start: toInstant(start), end: toInstant(start + 2 * HOUR_MS) })
  const hour = (day: string, h: number): number => startOfDay(day) + h * HOUR_MS
  const presets: { key: PresetKey; slot: Slot }[] = [{ key: 'now', slot: twoHours(quarter) }]
  if (now < hour(today, 14)) presets.push({ key: 'afternoon', slot: twoHours(hour(today, 14)) })
  presets.push({ key: 'tomorrow_am', slot: twoHours(hour(tomorrow, 9)) }, { key: 'tomorrow_pm', slot: twoHours(hour(tomorrow, 14)) })
  return presets
}

export const overlaps = (aStart: string, aEnd: string, bStart: string, bEnd: string): boolean => aStart < bEnd && bStart < aEnd
