/**
 * Checklists: what is shown, what is wrong, what is missing, what failed. Twin of `sync/checklist.py`; both run
 * `tests/vectors/checklist.json`. Pure: no clock, no store.
 *
 * A reading outside its limits is a true answer and a failed one, never a wrong one: an instrument is not argued with.
 */

import { inOrder, joined, standing } from './answers'

export type ItemType = 'check' | 'number' | 'text' | 'choice' | 'date' | 'photo' | 'photo_pair' | 'scan' | 'signature'
export type CompareOp = '=' | '!=' | '>' | '>=' | '<' | '<='

export interface ShowIf {
  item: string
  op: CompareOp
  value: string | number
}

export interface ChecklistItem {
  id: string
  group: string
  group_en: string
  label: string
  label_en: string
  type: ItemType
  mandatory: boolean
  unit: string
  min: string | number | null
  max: string | number | null
  options: string[]
  options_en: string[]
  show_if: ShowIf | null
  on_fail: ('defect' | 'photo' | 'note')[]
  help: string
  help_en: string
  /** Options of a choice that count as failed (not in every template). */
  fail_options?: string[]
}

export type AnswerValue = string | string[] | { before: string | null; after: string | null } | null

/** The answer that counts for one item; `photos` are attachments that belong to the answer, not its value. */
export interface Answer {
  value: AnswerValue
  note: string
  photos?: string[]
  /** Ids of the defects found at the item, or looked at again, in this run. */
  defects?: string[]
  /** Ids of the answers that contradict each other, until somebody chooses. */
  doubles?: string[]
}
export type Answers = Record<string, Answer>

export type Verdict = 'ok' | 'fail' | 'na' | 'none'
export type ProblemCode =
  | 'not-a-check' | 'not-a-number' | 'number-too-long' | 'not-a-text' | 'text-too-long' | 'not-an-option'
  | 'not-a-date' | 'not-photos' | 'too-many-photos' | 'not-a-pair' | 'not-a-signature' | 'unknown-type'
export type MissingCode = ProblemCode | 'required' | 'double-answer' | 'photo-required' | 'note-required' | 'defect-required'

export interface ChecklistState {
  /** Ids of the items to show. */
  visible: Set<string>
  /** What stands between this run and "completed", in the order of the template; one entry per item and code. */
  missing: { item: string; code: MissingCode }[]
  /** Ids of visible items whose answer is a failure, in the order of the template. */
  failed: string[]
  /** Visible items answered without a fault, and visible items. */
  done: number
  total: number
}

/** A row of `checklist_answer` as the store holds it (server_at empty or absent while unsent). */
export interface AnswerRow {
  id: string
  item_id: string
  value: AnswerValue
  note?: string | null
  /** The answers its author saw; null on those of older phones, which stand for all before. */
  over?: string[] | null
  withdrawn?: boolean
  late_state?: string | null
  server_at?: string | null
}
/** What is needed of an attachment to find the photos of an answer. */
export interface AnswerDefect {
  id: string
  item_id: string
  run_id: string | null
  checked_run_id: string | null
  photos: { id: string }[]
  withdrawn?: boolean
  late_state?: string | null
}

export interface AnswerPhoto {
  id: string
  parent_noun?: string | null
  parent_id?: string | null
  withdrawn?: boolean
  late_state?: string | null
}

export const MAX_TEXT = 4000 // characters
export const MAX_PHOTOS = 30 // of one item

// One definition of blank for both languages: trim() and Python's strip() disagree about U+FEFF and U+0085.
const BLANK = /^[ \t\r\n\u00a0\u3000]*$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const DECIMAL = /^-?[0-9]{1,12}(\.[0-9]{1,6})?$/
const DECIMAL_LOOSE = /^-?[0-9]+(\.[0-9]+)?$/
const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/
const CHECK_WORDS: Record<string, string> = {
  合格: 'ok', 正常: 'ok', 通过: 'ok', 不合格: 'fail', 异常: 'fail', 不通过: 'fail', 不适用: 'na',
}

/** True when the value says something: not null, not blank, not empty; of a pair both pictures. */
export function isAnswered(value: unknown): boolean {
  if (value === null || value === undefined) return false
  if (typeof value === 'string') return !BLANK.test(value)
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object') {
    const pair = value as { before?: unknown; after?: unknown }
    return isAnswered(pair.before) && isAnswered(pair.after)
  }
  return true
}

/** The code of what is wrong with a value, null when it is well formed or absent. Never judges limits. */
export function problemOf(item: ChecklistItem, value: unknown): ProblemCode | null {
  const blank = value === null || value === undefined || value === ''
    || (Array.isArray(value) && value.length === 0)
  const check = CHECKS[item.type]
  if (!check) return 'unknown-type'
  return blank ? null : check(item, value)
}

const CHECKS: Record<ItemType, (item: ChecklistItem, value: unknown) => ProblemCode | null> = {
  check: (_, value) => (value === 'ok' || value === 'fail' || value === 'na' ? null : 'not-a-check'),
  number: (_, value) => {
    if (typeof value !== 'string' || !DECIMAL_LOOSE.test(value)) return 'not-a-number'
    return DECIMAL.test(value) ? null : 'number-too-long'
  },
  text: (_, value) => textProblem(value),
  scan: (_, value) => textProblem(value),
  choice: (item, value) => (typeof value === 'string' && item.options.includes(value) ? null : 'not-an-option'),
  date: (_, value) => (isDate(value) ? null : 'not-a-date'),
  photo: (_, value) => {
    if (!Array.isArray(value) || !value.every(isId)) return 'not-photos'
    return value.length > MAX_PHOTOS ? 'too-many-photos' : null
  },
  photo_pair: (_, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not-a-pair'
    const sides = Object.entries(value)
    return sides.every(([side, id]) => (side === 'before' || side === 'after') && (id === null || isId(id)))
      ? null : 'not-a-pair'
  },
  signature: (_, value) => (isId(value) ? null : 'not-a-signature'),
}

/** How an answer counts. A number is judged by its limits (both inclusive), a choice by `fail_options`. */
export function verdictOf(item: ChecklistItem, value: unknown): Verdict {
  if (!isAnswered(value) || problemOf(item, value)) return 'none'
  if (item.type === 'check') return value as Verdict
  if (item.type === 'number') return numberVerdict(item, value as string)
  if (item.type === 'choice' && item.fail_options?.length) {
    return item.fail_options.includes(value as string) ? 'fail' : 'ok'
  }
  return 'none'
}

/** Everything a screen needs to know about a run. A hidden item needs no answer and its stale answer does not count. */
export function checklistState(items: ChecklistItem[], answers: Answers): ChecklistState {
  const visible = visibleItems(items, answers)
  const state: ChecklistState = { visible, missing: [], failed: [], done: 0, total: 0 }
  for (const item of items) {
    if (!visible.has(item.id)) continue
    state.total += 1
    const answer = answers[item.id]
    const value = answer?.value ?? null
    const problem = problemOf(item, value)
    if (problem) state.missing.push({ item: item.id, code: problem })
    else if (isAnswered(value)) state.done += 1
    else if (item.mandatory) state.missing.push({ item: item.id, code: 'required' })
    if (answer?.doubles?.length) state.missing.push({ item: item.id, code: 'double-answer' })
    if (answer && verdictOf(item, value) === 'fail') {
      state.failed.push(item.id)
      for (const code of neededOnFail(item, answer)) state.missing.push({ item: item.id, code })
    }
  }
  return state
}

/** The defects found or looked at again in a run. A picture of last month says nothing about today. */
export function defectsOf<D extends AnswerDefect>(defects: readonly D[], runId: string): D[] {
  return defects
    .filter((row) => !row.withdrawn && row.late_state !== 'discarded' && (row.run_id === runId || row.checked_run_id === runId))
    .map((row) => (row.run_id === runId ? row : { ...row, photos: [] }))
}

/** The answer that counts per item: what several phones said is put together as `answers.ts` says. */
export function latestAnswers(
  rows: AnswerRow[], attachments: AnswerPhoto[] = [], defects: readonly AnswerDefect[] = [],
): Answers {
  const counted = inOrder(rows)
  const itemOf = new Map(counted.map((row) => [row.id, row.item_id]))
  const answers: Answers = {}
  for (const itemId of new Set(itemOf.values())) {
    const left = standing(counted.filter((row) => row.item_id === itemId))
    const { value, different } = joined(left)
    answers[itemId] = { value, note: noteOf(left, different), photos: [], ...(different.length && { doubles: different.map((row) => row.id) }) }
  }
  for (const photo of attachments) {
    if (photo.withdrawn || photo.late_state === 'discarded' || photo.parent_noun !== 'checklist_answer') continue
    const item = itemOf.get(photo.parent_id ?? '')
    if (item !== undefined) answers[item]?.photos?.push(photo.id)
  }
  for (const defect of defects) {
    const answer = answers[defect.item_id]
    if (!answer) continue
    answer.defects = [...(answer.defects ?? []), defect.id]
    answer.photos?.push(...(defect.photos ?? []).map((photo) => photo.id))
  }
  return answers
}

/** Of a contradiction the note of the answer that is shown; else all that was noted, each once. */
function noteOf(left: readonly AnswerRow[], different: readonly AnswerRow[]): string {
  const notes = (different.length ? different.slice(-1) : left).map((row) => row.note ?? '')
  return [...new Set(notes.filter(Boolean))].join('\n')
}

/** What a person typed as a number (full-width digits, a Chinese full stop, a plus, spaces) as a decimal string. */
export function typedNumber(text: string): string | null {
  const plain = text.trim().replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[．。]/g, '.').replace(/[－−﹣]/g, '-').replace(/^[+＋]/, '')
  const full = plain.startsWith('.') ? `0${plain}` : plain.startsWith('-.') ? `-0${plain.slice(1)}` : plain
  const closed = full.endsWith('.') ? full.slice(0, -1) : full
  return DECIMAL.test(closed) ? closed : null
}

function visibleItems(items: ChecklistItem[], answers: Answers): Set<string> {
  const byId = new Map(items.map((item) => [item.id, item]))
  const known = new Map<string, boolean>()
  const isVisible = (item: ChecklistItem): boolean => {
    const found = known.get(item.id)
    if (found !== undefined) return found
    known.set(item.id, false) // a circle of conditions hides all its members instead of running for ever
    const condition = item.show_if
    if (!condition) return set(item.id, true)
    const cause = byId.get(condition.item)
    return set(item.id, cause !== undefined && isVisible(cause) && holds(condition, cause, answers[cause.id]?.value))
  }
  const set = (id: string, shown: boolean): boolean => {
    known.set(id, shown)
    return shown
  }
  return new Set(items.filter(isVisible).map((item) => item.id))
}

/** A condition on an unanswered item does not hold, not even `!=`: nothing is asked before its cause is known. */
function holds(condition: ShowIf, cause: ChecklistItem, value: unknown): boolean {
  if (!isAnswered(value) || problemOf(cause, value) || typeof value !== 'string') return false
  const wanted = String(condition.value)
  let order: number | null
  if (cause.type === 'number') order = compareDecimals(value, wanted)
  else if (cause.type === 'date') order = isDate(wanted) ? compareText(value, wanted) : null
  else {
    const equal = value === meant(cause, wanted)
    return condition.op === '=' ? equal : condition.op === '!=' ? !equal : false
  }
  if (order === null) return false
  switch (condition.op) {
    case '=': return order === 0
    case '!=': return order !== 0
    case '>': return order > 0
    case '>=': return order >= 0
    case '<': return order < 0
    case '<=': return order <= 0
    default: return false
  }
}

function meant(cause: ChecklistItem, wanted: string): string {
  if (cause.type === 'check') return Object.hasOwn(CHECK_WORDS, wanted) ? CHECK_WORDS[wanted]! : wanted
  if (cause.type === 'choice' && !cause.options.includes(wanted)) {
    return cause.options[(cause.options_en ?? []).indexOf(wanted)] ?? wanted
  }
  return wanted
}

function neededOnFail(item: ChecklistItem, answer: Answer): MissingCode[] {
  const needed: MissingCode[] = []
  if (item.on_fail.includes('photo') && !answer.photos?.length) needed.push('photo-required')
  if (item.on_fail.includes('note') && !isAnswered(answer.note)) needed.push('note-required')
  if (item.on_fail.includes('defect') && !answer.defects?.length) needed.push('defect-required')
  return needed
}

function numberVerdict(item: ChecklistItem, value: string): Verdict {
  const low = item.min === null || item.min === undefined ? null : compareDecimals(value, String(item.min))
  const high = item.max === null || item.max === undefined ? null : compareDecimals(value, String(item.max))
  if (low === null && high === null) return 'none'
  return (low !== null && low < 0) || (high !== null && high > 0) ? 'fail' : 'ok'
}

function textProblem(value: unknown): ProblemCode | null {
  if (typeof value !== 'string') return 'not-a-text'
  return [...value].length > MAX_TEXT ? 'text-too-long' : null
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && UUID.test(value)
}

function isDate(value: unknown): value is string {
  const parts = typeof value === 'string' ? DATE.exec(value) : null
  if (!parts) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  if (year < 1900 || month < 1 || month > 12) return false
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Exact: scaled to millionths as whole numbers, because 0.1 + 0.2 is no way to judge an insulation test. */
function compareDecimals(a: string, b: string): number | null {
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return null
  const [x, y] = [millionths(a), millionths(b)]
  return x < y ? -1 : x > y ? 1 : 0
}

function millionths(text: string): bigint {
  const negative = text.startsWith('-')
  const [whole = '0', part = ''] = (negative ? text.slice(1) : text).split('.')
  const size = BigInt(whole + part.padEnd(6, '0'))
  return negative ? -size : size
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
