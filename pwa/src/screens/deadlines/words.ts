/** The words of what keeps a promise, for the phone and the desk; loaded with the first screen that needs them. */
import { formatDuration, localName, registerMessages, t } from '@/i18n'
import { deadlinesEn } from '@/i18n/deadlines.en'
import { deadlinesZh } from '@/i18n/deadlines.zh'
import type { Span } from '@/protocol/sla'
import ladder from '@rules/ladder.json'

registerMessages({ 'zh-CN': deadlinesZh, en: deadlinesEn })

export const HOLD_REASONS = ['customer', 'parts', 'supplier', 'quotation', 'safety'] as const
export const DELAY_REASONS = ['parts', 'customer', 'supplier', 'weather', 'access', 'workload', 'other'] as const
export const CHANNELS = ['phone', 'wechat', 'sms', 'email', 'on_site', 'app'] as const

export const rungName = (code: string): string => localName(ladder.rungs.find((rung) => rung.code === code)) || code
export const isTopRung = (code: string): boolean => ladder.rungs.at(-1)!.code === code

const MINUTE_MS = 60_000

/** `2 小时 · 全天计时`. */
export function spanText(span: Span): string {
  const amount = span.minutes !== undefined ? formatDuration(span.minutes * MINUTE_MS)
    : span.hours !== undefined ? t('dl.amount.hours', { n: span.hours })
      : span.working_days !== undefined ? t('dl.amount.working_days', { n: span.working_days }) : t('dl.amount.end_of_day')
  return `${amount} · ${t(`dl.clock.${span.clock}`)}`
}
