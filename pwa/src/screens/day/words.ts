/** The words of the day's screens come with them: a phone that only looks at its list does not load them. */
import { registerMessages } from '@/i18n'
import { dayEn } from '@/i18n/day.en'
import { dayZh } from '@/i18n/day.zh'

registerMessages({ 'zh-CN': dayZh, en: dayEn })
