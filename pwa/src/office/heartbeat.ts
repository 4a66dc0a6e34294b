/** What the office should worry about on a phone, from what the phone itself told last. Old news is told as old news. */
import type { Held } from './rows'

export type AlarmCode = 'evicted' | 'silent' | 'old' | 'failing' | 'storage' | 'clock' | 'version' | 'persisted'
export interface Alarm {
  code: AlarmCode
  tone: 'danger' | 'warn' | 'info'
  /** For the sentence: counts, and instants or milliseconds the screen puts into words. */
  n?: number
  at?: string
  ms?: number
  what?: string
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Something made so long ago and not here is worth a call. */
export const OLD_MS = 4 * HOUR_MS
/** Nothing heard for so long, though there is work: a dead phone looks the same as a diligent one in a basement. */
export const SILENT_MS = 24 * HOUR_MS
const CLOCK_MS = 5 * MINUTE_MS
/** Less room than this is used up by one visit's photos. */
const LOW_BYTES = 200 * 1024 * 1024
const LOW_SHARE = 0.9
/** A loss is told this long; whoever it concerned has been asked by then. */
const EVICTED_MS = 7 * 24 * HOUR_MS

/** Visits in these states are somebody's to do. */
const AT_WORK: ReadonlySet<string> = new Set(['dispatched', 'accepted', 'travelling', 'arrived', 'working', 'paused', 'work_done', 'signed', 'sign_waived', 'returned'])

const GRAVITY: Record<Alarm['tone'], number> = { danger: 0, warn: 1, info: 2 }

/** Alarms of one person's phones, the gravest first. `hasWork`: something is dispatched to them. */
export function alarmsOf(phones: readonly Held<'phone_status'>[], hasWork: boolean, version: string, now: number): Alarm[] {
  const found = new Map<AlarmCode, Alarm>()
  for (const { body } of phones) for (const alarm of [...waiting(body, now), ...condition(body, version, now)]) if (!found.has(alarm.code)) found.set(alarm.code, alarm)
  const last = phones.map(({ body }) => body.last_contact ?? '').sort().at(-1)
  if (hasWork && last && now - Date.parse(last) >= SILENT_MS) found.set('silent', { code: 'silent', tone: 'danger', at: last, ms: now - Date.parse(last) })
  return [...found.values()].sort((a, b) => GRAVITY[a.tone] - GRAVITY[b.tone])
}

type Body = Held<'phone_status'>['body']

function waiting(body: Body, now: number): Alarm[] {
  const alarms: Alarm[] = []
  const n = body.pending + body.files_waiting
  const age = body.oldest_at ? now - Date.parse(body.oldest_at) : 0
  if (n && age >= OLD_MS) alarms.push({ code: 'old', tone: 'danger', n, at: body.oldest_at!, ms: age })
  if (body.failing) alarms.push({ code: 'failing', tone: 'danger', what: body.failing })
  const lost = body.evicted
  if (lost?.noticed_at && now - Date.parse(lost.noticed_at) < EVICTED_MS) alarms.push({ code: 'evicted', tone: lost.unsent ? 'danger' : 'warn', n: lost.unsent ?? 0, at: lost.noticed_at })
  return alarms
}

function condition(body: Body, version: string, now: number): Alarm[] {
  const alarms: Alarm[] = []
  const { storage_used: used, storage_quota: quota } = body
  if (used !== null && quota && (quota - used < LOW_BYTES || used / quota > LOW_SHARE)) alarms.push({ code: 'storage', tone: 'warn', n: quota - used })
  if (Math.abs(body.clock_offset_ms ?? 0) >= CLOCK_MS) alarms.push({ code: 'clock', tone: 'warn', ms: body.clock_offset_ms })
  if (body.app_version && older(body.app_version, version)) alarms.push({ code: 'version', tone: 'warn', what: body.app_version })
  const recent = body.last_contact !== null && now - Date.parse(body.last_contact) < EVICTED_MS
  if (body.persisted === false && recent) alarms.push({ code: 'persisted', tone: 'info' })
  return alarms
}

/** `0.9.2` is older than `0.10.0`; what is no version of ours is not compared. */
export function older(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => /^\d+(\.\d+)*/.exec(text)?.[0].split('.').map(Number))
  if (!a || !b) return false
  for (let i = 0; i < Math.max(a.length, b.length); i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) < (b[i] ?? 0)
  return false
}

/** People with something dispatched to them. */
export function withWork(visits: readonly Held<'visit'>[]): Set<string> {
  return new Set(visits.filter((v) => AT_WORK.has(v.body.state)).flatMap((v) => [...(v.body.lead_id ? [v.body.lead_id] : []), ...v.body.helper_ids]))
}
