/** The editor's words; loaded with the first of its screens. */
import { localName, registerMessages, t } from '@/i18n'
import { officeTemplatesEn } from '@/i18n/office.templates.en'
import { officeTemplatesZh } from '@/i18n/office.templates.zh'
import type { ChecklistItem, ShowIf } from '@/protocol/checklist'

registerMessages({ 'zh-CN': officeTemplatesZh, en: officeTemplatesEn })

export const labelOf = (item: ChecklistItem | undefined): string => localName(item, 'label').trim() || t('tpl.unnamed')

const isCondition = (value: unknown): value is ShowIf => typeof value === 'object' && value !== null && 'op' in value

/** A field's value in words, for what was and what is. */
export function valueText(name: string, value: unknown, items: readonly ChecklistItem[]): string {
  if (isCondition(value)) return `${labelOf(items.find((one) => one.id === value.item))} ${t(`tpl.op.${value.op}`)} ${value.value}`
  if (name === 'on_fail' && Array.isArray(value)) return value.map((one) => t(`tpl.on_fail.${one}`)).join(t('office.comma')) || t('tpl.empty')
  if (Array.isArray(value)) return value.join(t('office.comma')) || t('tpl.empty')
  if (typeof value === 'boolean') return t(value ? 'tpl.yes' : 'tpl.no')
  if (name === 'type') return t(`tpl.type.${value}`)
  return value === null || value === undefined || value === '' ? t('tpl.empty') : String(value)
}
