/** What a notice says, in the language of its reader: rows carry facts, never sentences. */
import { hasMessage, formatMoment, t } from '@/i18n'
import type { NoticeBody } from '@/protocol/nouns'
import rules from '@rules/notices.json'
import { rungName } from './words'

const GRAVE: ReadonlySet<string> = new Set(rules.groups.urgent)
const ASKS: ReadonlySet<string> = new Set(rules.groups.asks)

export const toneOf = (kind: string): 'danger' | 'warn' | 'info' => (GRAVE.has(kind) ? 'danger' : ASKS.has(kind) ? 'warn' : 'info')

export function noticeText({ kind, data, number }: NoticeBody, now: number): string {
  const said = (name: string): string => (data[name] === undefined || data[name] === null ? '' : String(data[name]))
  const key = `dl.notice.${kind}`
  if (!hasMessage(key)) return t('dl.notice.other', { number })
  const moment = (name: string) => (said(name) ? formatMoment(said(name), now) : '')
  const reason = hasMessage(`dl.hold.reason.${said('reason')}`) ? t(`dl.hold.reason.${said('reason')}`) : said('reason')
  const words = [said('note'), said('remarks')].filter(Boolean).join(' ')
  const text = t(key, {
    what: said('milestone') && t(`milestone.${said('milestone')}`), percent: said('percent'), when: moment('due_at') || moment('planned_at'), plan: said('plan'), due: said('due_on'), to: moment('to'), by: said('by'),
    reason, decision: said('decision') && t(`dl.decision.${said('decision')}`), text: said('text'), rung: said('rung') && rungName(said('rung')), count: said('count'), name: said('name'), was: said('was'), month: said('month'), total: said('total'),
  })
  return words ? `${text} · ${words}` : text
}
