/**
 * Checklist templates: what stands between a draft and a version that phones can fill. Twin of `sync/template.py`; both
 * run `tests/vectors/template.json`. Pure.
 */
import rules from '@rules/checklist.json'
import { isAnswered, problemOf, verdictOf, type ChecklistItem, type ItemType } from './checklist'

export const TEMPLATE_RULES = rules

export type TemplateFaultCode =
  | 'no-item' | 'too-many-items' | 'id-wrong' | 'id-twice' | 'id-reused' | 'label-missing' | 'too-long' | 'type-unknown'
  | 'limit-wrong' | 'limits-crossed' | 'options-missing' | 'options-twice' | 'options-uneven' | 'fail-option-unknown'
  | 'show-if-unknown' | 'show-if-later' | 'show-if-type' | 'show-if-operator' | 'show-if-value'
type Found = [field: string, code: TemplateFaultCode]

/** `item` is empty when it is about the whole. */
export interface TemplateFault { item: string; field: string; code: TemplateFaultCode }

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

/** What is wrong with a template, in its order. `former`: type by id of every item earlier versions had. */
export function templateFaults(items: readonly ChecklistItem[], former: ReadonlyMap<string, string> = new Map()): TemplateFault[] {
  if (!items.length) return [{ item: '', field: 'items', code: 'no-item' }]
  if (items.length > rules.max_items) return [{ item: '', field: 'items', code: 'too-many-items' }]
  const every = new Set(items.map((item) => item.id))
  const earlier = new Map<string, ChecklistItem>()
  return items.flatMap((item) => {
    const found = itemFaults(item, earlier, every, former)
    if (!earlier.has(item.id)) earlier.set(item.id, item)
    return found.map(([field, code]) => ({ item: item.id, field, code }))
  })
}

function itemFaults(item: ChecklistItem, earlier: ReadonlyMap<string, ChecklistItem>, every: ReadonlySet<string>, former: ReadonlyMap<string, string>): Found[] {
  const found: Found[] = []
  if (!ID.test(item.id)) found.push(['id', 'id-wrong'])
  else if (earlier.has(item.id)) found.push(['id', 'id-twice'])
  else if ((former.get(item.id) ?? item.type) !== item.type) found.push(['id', 'id-reused'])
  if (!isAnswered(item.label)) found.push(['label', 'label-missing'])
  for (const [field, most] of Object.entries(rules.max_characters)) {
    const text = (item as unknown as Record<string, unknown>)[field]
    if (typeof text === 'string' && lengthOf(text) > most) found.push([field, 'too-long'])
  }
  if (!rules.types.includes(item.type)) return [...found, ['type', 'type-unknown']]
  if (item.type === 'number') found.push(...limitFaults(item))
  if (item.type === 'choice') found.push(...optionFaults(item))
  return [...found, ...conditionFaults(item.show_if, earlier, every)]
}

function limitFaults(item: ChecklistItem): Found[] {
  const wrong = (['min', 'max'] as const).filter((name) => item[name] !== null && item[name] !== undefined && isNoNumber(String(item[name])))
  if (wrong.length) return wrong.map((name) => [name, 'limit-wrong'])
  // Upside down: the upper limit itself would be too low a reading.
  const crossed = item.max !== null && item.max !== undefined && verdictOf({ ...item, max: null }, String(item.max)) === 'fail'
  return crossed ? [['max', 'limits-crossed']] : []
}

const isNoNumber = (limit: string): boolean => !isAnswered(limit) || problemOf({ type: 'number' } as ChecklistItem, limit) !== null

function optionFaults(item: ChecklistItem): Found[] {
  const found: Found[] = []
  const options = item.options ?? []
  const english = item.options_en ?? []
  if (!options.length || !options.every(isAnswered)) found.push(['options', 'options-missing'])
  else if (new Set(options).size < options.length) found.push(['options', 'options-twice'])
  if (options.length > rules.max_options || [...options, ...english].some((one) => lengthOf(one) > rules.max_characters.option)) found.push(['options', 'too-long'])
  if (english.length && english.length !== options.length) found.push(['options_en', 'options-uneven'])
  if ((item.fail_options ?? []).some((one) => !options.includes(one))) found.push(['fail_options', 'fail-option-unknown'])
  return found
}

/** Only an earlier item can be asked about: nothing hangs on itself, and nothing appears above where one reads. */
function conditionFaults(condition: ChecklistItem['show_if'], earlier: ReadonlyMap<string, ChecklistItem>, every: ReadonlySet<string>): Found[] {
  if (!condition) return []
  const cause = earlier.get(condition.item)
  if (!cause) return [['show_if', every.has(condition.item) ? 'show-if-later' : 'show-if-unknown']]
  if (rules.not_compared.includes(cause.type)) return [['show_if', 'show-if-type']]
  if (!operatorsFor(cause.type).includes(condition.op)) return [['show_if', 'show-if-operator']]
  return isSaid(cause, String(condition.value)) ? [] : [['show_if', 'show-if-value']]
}

/** Which comparisons make sense of an answer of this type. */
export function operatorsFor(type: ItemType): string[] {
  return rules.ordered.includes(type) ? rules.operators : ['=', '!=']
}

function isSaid(cause: ChecklistItem, value: string): boolean {
  if (cause.type === 'choice' && (cause.options_en ?? []).includes(value)) return true
  return isAnswered(value) && problemOf(cause, value) === null
}

/** In code points, as Python counts. */
const lengthOf = (text: string): number => [...text].length
