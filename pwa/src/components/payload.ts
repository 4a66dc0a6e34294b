/** What an act says, in plain words: the name of each field and its value as a person would say it. Never JSON. */
import { formatExact, hasMessage, t } from '@/i18n'

export interface PayloadField {
  key: string
  name: string
  value: string
  /** The argument as it is, when a person may type another: a text or a number. */
  raw: string | number | null
}
/** What an id or a code stands for, where this device knows it. */
export type LookUp = (field: string, value: string) => string | null

/** Of no use to a person: ids of the thing itself, check sums, formats. */
const SILENT = new Set(['id', 'new_id', 'note_id', 'sha256', 'mime', 'content_hash', 'image_id', 'parent_noun', 'parent_id', 'width', 'height', 'size'])
/** Named, not printed: strokes and a whole report help nobody decide. */
const BULKY = new Set(['strokes', 'content'])
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const INSTANT = /^\d{4}-\d\d-\d\dT.*Z$/
/** Words of values that are names in a list of ours. */
const TERMS: Record<string, string> = {
  purpose: 'purpose', mode: 'mode', kind: 'kind', source: 'payload.source', test_result: 'test', role: 'office.signer',
}

export function payloadFields(args: Record<string, unknown>, look: LookUp): PayloadField[] {
  const { changes, ...plain } = args
  const fields = Object.entries(plain).filter(([key]) => !SILENT.has(key)).map(([key, value]) => ({
    key, name: fieldName(key), value: BULKY.has(key) ? t('payload.attached') : valueWords(key, value, look), raw: typeable(key, value),
  }))
  for (const [key, pair] of Object.entries((changes ?? {}) as Record<string, [unknown, unknown]>)) {
    const value = `${valueWords(key, pair[0], look)} → ${valueWords(key, pair[1], look)}`
    fields.push({ key, name: fieldName(key), value, raw: null })
  }
  return fields
}

/** `使用备件：数量 3、备注 垫片`: one line that can be kept as a note. */
export const payloadText = (title: string, fields: readonly PayloadField[]): string =>
  title + t('payload.colon') + fields.map(({ name, value }) => `${name} ${value}`).join(t('payload.joint'))

export const fieldName = (key: string): string => (hasMessage(`office.field.${key}`) ? t(`office.field.${key}`) : key.replaceAll('_', ' '))

export function valueWords(field: string, value: unknown, look: LookUp): string {
  if (value === null || value === undefined || value === '') return t('payload.empty')
  if (typeof value === 'boolean') return t(value ? 'payload.yes' : 'payload.no')
  if (Array.isArray(value)) return value.length ? value.map((one) => valueWords(field, one, look)).join(t('payload.joint')) : t('payload.empty')
  if (typeof value === 'object') {
    return Object.entries(value).map(([key, inner]) => `${fieldName(key)} ${valueWords(key, inner, look)}`).join(t('payload.joint'))
  }
  const text = String(value)
  const known = look(field, text)
  if (known) return known
  if (UUID.test(text)) return t('payload.unknown')
  const term = TERMS[field] && `${TERMS[field]}.${text}`
  if (term && hasMessage(term)) return t(term)
  return INSTANT.test(text) ? formatExact(text) : text
}

function typeable(key: string, value: unknown): string | number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && !UUID.test(value) && !INSTANT.test(value) && !TERMS[key] ? value : null
}
