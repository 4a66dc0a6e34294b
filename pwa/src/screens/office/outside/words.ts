import { hasMessage, registerMessages, t } from '@/i18n'
import { officeOutsideEn } from '@/i18n/office.outside.en'
import { officeOutsideZh } from '@/i18n/office.outside.zh'
import rules from '@rules/notices.json'

registerMessages({ 'zh-CN': officeOutsideZh, en: officeOutsideEn })

/** What can be told, in the groups people know. */
export const KINDS: Record<string, readonly string[]> = { ...rules.groups, events: rules.events }
export const kindName = (kind: string): string => (hasMessage(`out.kind.${kind}`) ? t(`out.kind.${kind}`) : kind)
