/** Words of the sites, registered with the first of their screens. */
import { registerMessages } from '@/i18n'
import { officeSitesEn } from '@/i18n/office.sites.en'
import { officeSitesZh } from '@/i18n/office.sites.zh'
import { HANDOVER_LINES } from '@/protocol/handover'

registerMessages({ 'zh-CN': officeSitesZh, en: officeSitesEn })

/** A line by its code, with its name in both languages. */
export const lineOf = (code: string) => HANDOVER_LINES.find((line) => line.code === code)
