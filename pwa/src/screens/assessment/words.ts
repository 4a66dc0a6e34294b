/** Words of the assessment, and what a line is for in words. */
import { localName, registerMessages, t } from '@/i18n'
import { assessEn } from '@/i18n/assess.en'
import { assessZh } from '@/i18n/assess.zh'
import { itemsOf, type AssessmentItem, type AssessmentLine, type AssessmentState } from '@/protocol/assessment'
import rules from '@rules/assessment.json'

registerMessages({ 'zh-CN': assessZh, en: assessEn })

/** Retired items too: an old sheet still names them. */
export function itemName(rows: readonly AssessmentItem[], code: string): string {
  const item = itemsOf(rows).find((one) => one.code === code) ?? rows.find((one) => one.code === code) ?? rules.items.find((one) => one.code === code)
  return localName(item) || code
}
export const signed = (points: number): string => (points > 0 ? `+${points}` : points < 0 ? `−${-points}` : '0')

export const whyText = (line: AssessmentLine): string => [
  line.evidence ? t(`as.why.${line.evidence.kind}`) : '', line.count > 1 ? t('as.days', { n: line.count }) : '', line.reason,
].filter(Boolean).join(' · ')

/** What the row itself says; a promise and a round are named by codes. */
export function shownText({ evidence }: AssessmentLine): string {
  if (!evidence) return ''
  const key = { breach: 'milestone', missed_patrol: 'kind' }[evidence.kind]
  return key ? t(`${key}.${evidence.text}`) : evidence.text
}

export const TONES: Record<AssessmentState, string> = { suggested: 'quiet', confirmed: 'info', objected: 'warn', settled: 'info', approved: 'ok', exported: 'ok' }
