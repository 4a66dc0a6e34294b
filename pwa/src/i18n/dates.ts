import { onScopeDispose, readonly, ref, type Ref } from 'vue'
import { locale, t } from './index'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The company works in China: a phone abroad, or with a wrong zone, still shows the site's wall clock. */
const ZONE = 'Asia/Shanghai'
const formats = new Map<string, Intl.DateTimeFormat>()

type Instant = string | number | Date

function format(instant: Instant, options: Intl.DateTimeFormatOptions): string {
  const key = locale.value + JSON.stringify(options)
  let made = formats.get(key)
  if (!made) {
    // Making a formatter costs about a hundred times more than using one.
    made = new Intl.DateTimeFormat(locale.value === 'en' ? 'en-GB' : 'zh-CN', { timeZone: ZONE, ...options })
    formats.set(key, made)
  }
  const date = new Date(instant)
  return Number.isNaN(date.getTime()) ? '–' : made.format(date)
}

/** `2026-11-21` of the site's calendar. */
export function dayKey(instant: Instant): string {
  const date = new Date(instant)
  if (Number.isNaN(date.getTime())) return ''
  return new Date(date.getTime() + 8 * HOUR).toISOString().slice(0, 10)
}

/** Whole days from today to the day of `instant`: −1 yesterday, 0 today, 1 tomorrow. */
export function dayDistance(instant: Instant, now: number = Date.now()): number {
  return Math.round((Date.parse(dayKey(instant)) - Date.parse(dayKey(now))) / DAY)
}

/** `10:32`. */
export function formatTime(instant: Instant): string {
  return format(instant, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
}

/** `今天`, `明天`, `11月23日周一`, with the year when it is another one. */
export function formatDay(instant: Instant, now: number = Date.now()): string {
  const distance = dayDistance(instant, now)
  if (distance === 0) return t('date.today')
  if (distance === 1) return t('date.tomorrow')
  if (distance === -1) return t('date.yesterday')
  const sameYear = dayKey(instant).slice(0, 4) === dayKey(now).slice(0, 4)
  return format(instant, { month: 'short', day: 'numeric', weekday: 'short', ...(sameYear ? {} : { year: 'numeric' }) })
}

/** `11月21日 星期六`, always the calendar's words. */
export function formatCalendar(instant: Instant): string {
  return format(instant, { month: 'long', day: 'numeric', weekday: 'long' })
}

/** `2026年11月21日` for a calendar date or an instant. */
export function formatDate(instant: Instant): string {
  return format(instant, { year: 'numeric', month: 'short', day: 'numeric' })
}

/** `今天 10:32`. */
export function formatMoment(instant: Instant, now: number = Date.now()): string {
  return `${formatDay(instant, now)} ${formatTime(instant)}`
}

/** `2026年11月21日 10:32:05`, for a timeline or a tooltip. */
export function formatExact(instant: Instant): string {
  return format(instant, {
    year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit',
    hourCycle: 'h23',
  })
}

/** `今天 09:00–11:00`; the day twice only when the slot spans midnight. */
export function formatSlot(start: Instant | null, end: Instant | null, now: number = Date.now()): string {
  if (!start) return t('date.no_slot')
  if (!end) return formatMoment(start, now)
  if (dayKey(start) === dayKey(end)) return `${formatMoment(start, now)}–${formatTime(end)}`
  return `${formatMoment(start, now)} – ${formatMoment(end, now)}`
}

/** A length of time in at most two units; seconds only under an hour and only when asked for. */
export function formatDuration(ms: number, withSeconds = false): string {
  const total = Math.abs(ms)
  const days = Math.floor(total / DAY)
  const hours = Math.floor((total % DAY) / HOUR)
  const minutes = Math.floor((total % HOUR) / MINUTE)
  const seconds = Math.floor((total % MINUTE) / 1000)
  const parts: string[] = []
  if (days) parts.push(t('date.d', { n: days }))
  if (hours) parts.push(t('date.h', { n: hours }))
  if (minutes && !days) parts.push(t('date.m', { n: minutes }))
  if (withSeconds && !days && !hours) parts.push(t('date.s', { n: seconds }))
  return parts.join(locale.value === 'en' ? ' ' : '') || t('date.m', { n: total > 0 ? '<1' : 0 })
}

/** `刚刚`, `12分钟前`, `2小时后`. */
export function formatRelative(instant: Instant, now: number = Date.now()): string {
  const distance = new Date(instant).getTime() - now
  if (Number.isNaN(distance)) return '–'
  if (Math.abs(distance) < MINUTE) return t('date.just_now')
  const words = formatDuration(distance)
  return t(distance < 0 ? 'date.ago' : 'date.in', { words })
}

const clocks = new Map<number, { now: Ref<number>; users: number; timer: number }>()

/** A shared clock that ticks every `everyMs` for as long as someone looks at it. */
export function useNow(everyMs = 30_000): Readonly<Ref<number>> {
  let clock = clocks.get(everyMs)
  if (!clock) {
    const now = ref(Date.now())
    clock = { now, users: 0, timer: window.setInterval(() => (now.value = Date.now()), everyMs) }
    clocks.set(everyMs, clock)
  }
  clock.users += 1
  const mine = clock
  onScopeDispose(() => {
    mine.users -= 1
    if (mine.users > 0) return
    window.clearInterval(mine.timer)
    clocks.delete(everyMs)
  })
  return readonly(mine.now)
}
