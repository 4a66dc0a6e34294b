/** The office's sentences that are made of several facts. Screens say them; they decide nothing. */
import { formatDuration, formatMoment, formatTime, dayDistance, hasMessage, localName, t } from '@/i18n'
import type { Card } from '@/office/board'
import type { Deadline } from '@/office/deadlines'
import type { Phone } from '@/office/phones'
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
  if (deadline.minutesLeft === null) return deadline.breached ? t('office.sla.was_breached') : ''
  const words = minutesText(deadline.minutesLeft)
  const said = t(deadline.minutesLeft < 0 ? 'office.sla.over' : 'office.sla.left', { words })
  return deadline.kind ? `${t(`milestone.${deadline.kind}`)} ${said}` : said
}

/** A time of today without its day, any other with it. */
export function shortMoment(instant: string, now: number): string {
  return dayDistance(instant, now) === 0 ? formatTime(instant) : formatMoment(instant, now)
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
  return entry ? localName(entry.body) : code
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
