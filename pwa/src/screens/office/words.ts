/** The office's sentences that are made of several facts. Screens say them; they decide nothing. */
import { formatDuration, formatMoment, formatTime, dayDistance, hasMessage, localName, t } from '@/i18n'
import type { Card } from '@/office/board'
import { FULL_DAY_MINUTES, type Weighed } from '@/office/choosing'
import { dayOf } from '@/office/days'
import type { Deadline } from '@/office/deadlines'
import type { Alarm } from '@/office/heartbeat'
import type { Phone } from '@/office/phones'
import type { LookUp } from '@/components/payload'
import { bytesWords } from '@/components/words'
import type { Office } from './data'
import type { Body } from '@/protocol/nouns'

const MINUTE_MS = 60_000

/** Beyond this nobody plans by the minute. */
const COARSE_MINUTES = 10 * 60

/** `1小时20分钟`, but `14小时` and `2天`: as exact as anybody acts on. */
export function minutesText(minutes: number): string {
  const exact = Math.abs(minutes)
  const unit = exact >= 48 * 60 ? 24 * 60 : exact >= COARSE_MINUTES ? 60 : 1
  return formatDuration(Math.floor(exact / unit) * unit * MINUTE_MS)
}

/** `到场 剩1小时20分` or `解决 超时35分`. */
export function deadlineText(deadline: Deadline): string {
  if (deadline.paused) return t('office.sla.paused')
  if (deadline.minutesLeft === null) return deadline.breached ? t('office.sla.was_breached') : ''
  const words = minutesText(deadline.minutesLeft)
  const said = t(deadline.minutesLeft < 0 ? 'office.sla.over' : 'office.sla.left', { words })
  return deadline.kind ? `${t(`milestone.${deadline.kind}`)} ${said}` : said
}

/** A time of today without its day, any other with it. */
export function shortMoment(instant: string, now: number): string {
  return dayDistance(instant, now) === 0 ? formatTime(instant) : formatMoment(instant, now)
}

/** `14:00–15:30` of today, `11-25 14:00–15:30` of any other day: as short as a line of a table is. */
export function shortSlot(start: string, end: string, now: number): string {
  const day = dayOf(start) === dayOf(now) ? '' : `${dayOf(start).slice(5)} `
  return `${day}${formatTime(start)}–${formatTime(end)}`
}

/** `截至 10:32 · 47分钟前`: the age of knowledge is part of the knowledge. */
export function asOfText(phone: Phone, now: number): string {
  if (!phone.lastContact || phone.minutes === null) return t('office.phone.never')
  const when = shortMoment(phone.lastContact, now)
  return phone.minutes < 1 ? t('office.phone.as_of_now', { when }) : t('office.phone.as_of', { when, ago: minutesText(phone.minutes) })
}

/** `手机上还有 6 项、2 个文件`, or nothing when nothing waits. */
export function waitingText(phone: Phone): string {
  const parts: string[] = []
  if (phone.pending) parts.push(t('office.phone.acts', { n: phone.pending }))
  if (phone.filesWaiting) parts.push(t('office.phone.files', { n: phone.filesWaiting }))
  return parts.length ? t('office.phone.waiting', { what: parts.join(t('office.comma')) }) : ''
}

export const catalogueName = (entries: readonly { body: Body<'catalogue_entry'> }[], kind: string, code: string | null | undefined): string => {
  if (!code) return ''
  const entry = entries.find((e) => e.body.kind === kind && e.body.code === code)
  return entry ? localName(entry.body) : wordFor('office.reason', code)
}

/** One alarm as a sentence, with the age of what is known in it. */
export function alarmText(alarm: Alarm, now: number): string {
  const when = alarm.at ? shortMoment(alarm.at, now) : ''
  const ago = minutesText(Math.abs(alarm.ms ?? 0) / MINUTE_MS)
  const what = alarm.code === 'failing' ? codeText(alarm.what ?? '') : (alarm.what ?? '')
  const key = alarm.code === 'clock' ? ((alarm.ms ?? 0) < 0 ? 'clock_fast' : 'clock_slow') : alarm.code === 'evicted' && !alarm.n ? 'evicted_nothing' : alarm.code
  return t(`office.alarm.${key}`, { n: alarm.code === 'storage' ? bytesWords(Math.max(0, alarm.n ?? 0)) : (alarm.n ?? 0), when, ago, what })
}

/** What an id or a code stands for, when this desk has the row. */
export const lookUp = (office: Office): LookUp => (field, text) => {
  const user = office.user.value.get(text)
  if (user) return localName(user.body)
  const visit = office.visit.value.get(text)
  const order = office.order.value.get(visit?.body.work_order_id ?? text)
  if (order) return `${order.body.number ?? t('office.no_number')} ${order.body.site_name}${visit ? ` #${visit.body.sequence}` : ''}`
  if (!/reason|code/.test(field)) return null
  const entry = office.catalogue.value.find((e) => e.body.code === text)
  return entry ? localName(entry.body) : null
}

export const actName = (act: string): string => (hasMessage(`office.act.${act}`) ? t(`office.act.${act}`) : act)
/** A problem's code in words: the product's own, then the office's, else the code, because a code can be looked up. */
export function codeText(code: string): string {
  const key = [`problem.${code}`, `office.code.${code}`].find(hasMessage)
  return key ? t(key) : code
}
export const wordFor = (prefix: string, key: string): string => (hasMessage(`${prefix}.${key}`) ? t(`${prefix}.${key}`) : key)

/** All a card shows, in one string: as long as it stays equal the card is not drawn again. */
export function cardFace(card: Card, language: string): string {
  const { deadline: d, phone: p } = card
  return [
    language, card.rev, card.unsent, card.number, card.title, card.site, card.lead?.name, card.level, card.state, d.risk, d.minutesLeft, p.minutes,
    p.lastContact, p.pending, p.filesWaiting, card.filesDeclared, card.filesVerified, card.flags.join(),
  ].join('|')
}

/** `3.2 km`, or `800 m`: as exact as a guess of roads is. */
export const kilometresText = (km: number): string => (km < 1 ? `${Math.max(50, Math.round((km * 1000) / 50) * 50)} m` : `${km.toFixed(km < 10 ? 1 : 0)} km`)

export interface Said { text: string; tone: 'danger' | 'warn' | 'ok' | 'info' | 'quiet' }

/** `现场 · 2 人 · 1小时30分钟 · 备件 …`, as triage said it. */
export const estimateText = (e: NonNullable<Body<'work_order'>['estimate']>): string =>
  [t(`mode.${e.mode}`), t('office.estimate.n_people', { n: e.people }), minutesText(e.minutes), e.parts.join(t('office.comma')), e.note].filter(Boolean).join(' · ')

/** What speaks for and against somebody, the gravest first. */
export function weighedWords(w: Weighed, office: Office): Said[] {
  const said: Said[] = []
  if (w.leave) said.push({ tone: 'danger', text: t('office.weigh.leave') })
  for (const clash of w.clashes) {
    const site = office.order.value.get(clash.workOrderId)?.body.site_name ?? ''
    said.push({ tone: 'danger', text: t('office.weigh.clash', { slot: `${formatTime(clash.start)}–${formatTime(clash.end)}`, site }) })
  }
  if (w.preferred) said.push({ tone: 'info', text: t(`office.weigh.preferred_${w.preferred}`) })
  if (w.skill !== 'any') said.push(w.skill === 'fits' ? { tone: 'ok', text: t('office.weigh.fits') } : { tone: 'warn', text: t('office.weigh.lacks') })
  if (w.short) said.push({ tone: 'warn', text: t('office.weigh.short', { n: w.short }) })
  if (w.km !== null) said.push({ tone: 'quiet', text: t(`office.weigh.km_${w.from ?? 'seen'}`, { km: kilometresText(w.km) }) })
  said.push({ tone: w.minutes > FULL_DAY_MINUTES ? 'warn' : 'quiet', text: w.visits ? t('office.weigh.load', { n: w.visits, words: minutesText(w.minutes) }) : t('office.weigh.free') })
  if (w.duty) said.push({ tone: 'info', text: t(`office.duty.${w.duty.kind}`) + (w.duty.vehicle ? ` ${w.duty.vehicle}` : '') })
  return said
}
