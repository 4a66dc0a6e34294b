/** Words of complaints and improvements. */
import { registerMessages } from '@/i18n'
import { officeQualityEn } from '@/i18n/office.quality.en'
import { officeQualityZh } from '@/i18n/office.quality.zh'

registerMessages({ 'zh-CN': officeQualityZh, en: officeQualityEn })

/** How a customer is told. */
export const TOLD = ['phone', 'wechat', 'email', 'on_site', 'letter'] as const
export const OUTCOMES = ['no_answer', 'busy', 'off', 'wrong_number', 'refused', 'later'] as const
