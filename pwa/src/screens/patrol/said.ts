/** An answer in the words a person chose it by; pictures are shown, not said. */
import { locale, t } from '@/i18n'
import { verdictOf, type AnswerValue, type ChecklistItem, type Verdict } from '@/protocol/checklist'

export interface Said { text: string; pictures: string[]; verdict: Verdict }

export function saidOf(item: ChecklistItem, value: AnswerValue): Said {
  const verdict = verdictOf(item, value)
  if (Array.isArray(value)) return { text: '', pictures: value, verdict }
  if (typeof value === 'object' && value) return { text: '', pictures: [value.before, value.after].filter((id) => id !== null), verdict }
  if (value === null || value === '') return { text: '—', pictures: [], verdict }
  if (item.type === 'signature') return { text: '', pictures: [value], verdict }
  if (item.type === 'check') return { text: t(`check.${value}`), pictures: [], verdict }
  const english = locale.value === 'en' ? item.options_en?.[item.options.indexOf(value)] : ''
  return { text: `${english || value}${item.type === 'number' && item.unit ? ` ${item.unit}` : ''}`, pictures: [], verdict }
}
