/** Words of the plans, registered once with whichever of the screens comes first. */
import { registerMessages } from '@/i18n'
import { officePlansEn } from '@/i18n/office.plans.en'
import { officePlansZh } from '@/i18n/office.plans.zh'

registerMessages({ 'zh-CN': officePlansZh, en: officePlansEn })
