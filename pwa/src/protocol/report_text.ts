/** The report in words, made from its content by `sync/rules/report.json`. Twin of `sync/report_text.py`. */
import rules from '@rules/report.json'
import { yuan } from './money'
import type { CatalogueName, Locale, ReportContent, ReportSection, SignatureBlock, SignatureRow } from './report'
import { DEFAULT_UTC_OFFSET_MINUTES, localTime } from './report_content'

type Words = Record<Locale, string>
type Loose = Record<string, unknown>
interface RowRule {
  label: Words
  path: string
  format?: string
  of?: string
  then?: string
  unit?: string
  path_en?: string
  collapse?: boolean
}
interface TableRule {
  from: string
  columns: RowRule[]
  mark?: string
}
interface SectionRule {
  id: string
  title: Words
  each?: string
  rows?: RowRule[]
  table?: TableRule
  list?: { from: string; label: Words; path: string }
  images?: { from: string }
}
type TextKey = keyof typeof rules.texts

const SECTIONS = rules.sections as unknown as SectionRule[]
const VALUES = rules.values as unknown as Record<string, Record<string, Words>>
const TITLES = rules.titles as Record<string, Words>

/** 设备维修服务意见单 or another title, by the kind of the work order. */
export function reportTitle(content: ReportContent, locale: Locale): string {
  const kind = String(at(content, 'work_order.kind'))
  return (Object.hasOwn(TITLES, kind) ? TITLES[kind]! : rules.titles.other)[locale]
}

/** One of the rules' `texts`, its `{name}` places filled. */
export function reportText(key: TextKey, locale: Locale, values: Record<string, unknown> = {}): string {
  let text: string = rules.texts[key][locale]
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`{${name}}`, () => String(value))
  return text
}

/** What to show, in order. Rows without a value and sections without anything are left out. */
export function sections(content: ReportContent, locale: Locale): ReportSection[] {
  const found = SECTIONS.flatMap((rule) => (rule.each
    ? list(content, rule.each).map((run) => checklistSection(rule, run, locale))
    : [sectionOf(rule, content, locale)]))
  return found.filter((one) => one.rows.length || one.table || one.images)
}

/** What `changedSince` found, in words: `故障诊断与处理：故障原因`, each once, in the order of the report. */
export function changedTitles(paths: string[], locale: Locale): string[] {
  const heads = paths.map((path) => path.replaceAll('[', '.').split('.'))
  const found: string[] = []
  for (const rule of SECTIONS) {
    const title = rule.title[locale]
    for (const row of rule.rows ?? []) {
      const wanted = [row.path.split('.'), (row.then ?? row.path).split('.')]
      const hit = heads.some((head) => wanted.some((path) => path.every((key, i) => head[i] === key)))
      if (hit) found.push(title + reportText('colon', locale) + row.label[locale])
    }
    const source = rule.each ?? (rule.table ?? rule.list ?? rule.images)?.from
    if (source && heads.some((head) => head[0] === source)) found.push(title)
  }
  return [...new Set(found)]
}

type Kind = keyof typeof rules.signers

/** Whose signatures a report of this kind wants, in order. */
export const signersOf = (content: ReportContent): readonly string[] =>
  rules.signers[(Object.hasOwn(rules.signers, String(at(content, 'work_order.kind'))) ? at(content, 'work_order.kind') : 'other') as Kind]

export const roleName = (role: string, locale: Locale): string => valueOf('role', role, locale)

/** What stands under the report, one block per signature and waiver; `reasons` are the catalogue's waive reasons. */
export function signatureBlocks(
  signatures: SignatureRow[],
  locale: Locale,
  utcOffsetMinutes: number = DEFAULT_UTC_OFFSET_MINUTES,
  waivers: SignatureRow[] = [],
  reasons: Record<string, CatalogueName> = {},
): SignatureBlock[] {
  const signed = standing(signatures).map((row) => block(row, valueOf('role', row.role, locale), row.image_id, [
    ['name', row.name],
    ['signed_at', localTime(String(row.device_at ?? ''), utcOffsetMinutes)],
    ['rating', ratingOf((row.rating as Loose | null) ?? {}, locale)],
    ['opinion', row.opinion],
  ], locale))
  const waived = standing(waivers).map((row) => {
    const code = String(row.reason ?? '')
    const entry = Object.hasOwn(reasons, code) ? reasons[code]! : { name: code, name_en: '' }
    return block(row, reportText('waived', locale), '', [
      ['reason', either({ ...entry }, 'name', 'name_en', locale)], ['note', row.note],
    ], locale)
  })
  return [...signed, ...waived]
}

function standing(rows: SignatureRow[]): SignatureRow[] {
  return rows.filter((row) => !row.withdrawn && row.late_state !== 'discarded')
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

function block(
  row: SignatureRow, title: string, image: unknown, values: [TextKey, unknown][], locale: Locale,
): SignatureBlock {
  const rows = values.filter(([, value]) => value)
    .map(([key, value]) => ({ label: reportText(key, locale), value: String(value) }))
  return { id: row.id, title, image_id: String(image ?? ''), rows }
}

function ratingOf(rating: Loose, locale: Locale): string {
  return Object.keys(rules.values.rating).filter((key) => Number.isInteger(rating[key]))
    .map((key) => `${valueOf('rating', key, locale)} ${rating[key]}/5`).join(reportText('comma', locale))
}

function sectionOf(rule: SectionRule, content: Loose, locale: Locale): ReportSection {
  const section: ReportSection = { id: rule.id, title: rule.title[locale], rows: [] }
  for (const row of rule.rows ?? []) {
    const value = formatted(row, content, content, locale)
    if (value) section.rows.push({ label: row.label[locale], value })
  }
  if (rule.list) {
    const { from, label, path } = rule.list
    list(content, from).forEach((entry, i) => {
      section.rows.push({ label: label[locale].replace('{n}', String(i + 1)), value: String(entry[path]) })
    })
  }
  if (rule.table && list(content, rule.table.from).length) section.table = tableOf(rule.table, content, content, locale)
  if (rule.images && list(content, rule.images.from).length) {
    section.images = list(content, rule.images.from).map((row) => imageOf(row, content, locale))
  }
  return section
}

function checklistSection(rule: SectionRule, run: Loose, locale: Locale): ReportSection {
  const name = either(run, 'name', 'name_en', locale)
  const title = reportText('checklist_title', locale, { version: run.version ?? 0, name })
  const section: ReportSection = { id: `${rule.id}-${run.id}`, title, rows: [] }
  if (rule.table && list(run, rule.table.from).length) section.table = tableOf(rule.table, run, {}, locale)
  return section
}

/** A column without any value is left out; a collapsing one says its word once and then falls silent. */
function tableOf(rule: TableRule, source: Loose, content: Loose, locale: Locale): NonNullable<ReportSection['table']> {
  const entries = list(source, rule.from)
  const columns = rule.columns.map((column) => {
    const cells = entries.map((entry) => formatted(column, entry, content, locale))
    const shown = column.collapse ? cells.map((cell, i) => (i > 0 && cell === cells[i - 1] ? '' : cell)) : cells
    return { label: column.label[locale], cells: shown }
  }).filter((column) => column.cells.some(Boolean))
  return {
    head: columns.map((column) => column.label),
    rows: entries.map((_, i) => columns.map((column) => column.cells[i] ?? '')),
    marks: entries.map((entry) => (rule.mark ? String(entry[rule.mark] ?? '') : '')),
  }
}

function imageOf(row: Loose, content: Loose, locale: Locale): { id: string; sha256: string; caption: string } {
  const taken = localTime(String(row.taken_at ?? ''), offset(content))
  const label = either(row, 'label', 'label_en', locale)
  const own = row.caption === row.label || row.caption === row.label_en ? '' : row.caption
  const caption = [valueOf('purpose', row.purpose, locale), label, own, taken].filter(Boolean).join(' / ')
  return { id: String(row.id), sha256: String(row.sha256), caption }
}

function formatted(row: RowRule, source: Loose, content: Loose, locale: Locale): string {
  const text = FORMATS[row.format ?? 'text']!(at(source, row.path), row, source, content, locale)
  const more = row.then ? String(at(source, row.then) ?? '') : ''
  return text && more ? text + reportText('colon', locale) + more : text || more
}

/** An answer as a sentence of a few characters: `31 ℃（超限）`, `合格 / 照片 2 张`, `—` when there is none. */
function answerText(answer: Loose, locale: Locale): string {
  const count = ((answer.photos as unknown[] | undefined) ?? []).length
  const unit = answer.type === 'number' && answer.unit ? ` ${answer.unit}` : ''
  const said = (one: Loose) => {
    if (answer.type === 'check') return valueOf('check', one.value, locale)
    const words = either(one, 'value', 'value_en', locale)
    return words && words + unit
  }
  let text = said(answer)
  if (answer.verdict === 'fail' && answer.type !== 'check') {
    text = reportText(answer.type === 'number' ? 'out_of_limits' : 'failed', locale, { value: text })
  }
  const others = [...new Set(((answer.others as Loose[] | undefined) ?? []).map(said))].join(reportText('comma', locale))
  if (others) text = reportText('another_phone', locale, { others, value: text || reportText('nothing', locale) })
  const given = answer.type === 'signature' ? reportText('given', locale) : reportText('photos', locale, { n: count })
  return [text, count ? given : ''].filter(Boolean).join(' / ') || reportText('nothing', locale)
}

type Format = (value: unknown, row: RowRule, source: Loose, content: Loose, locale: Locale) => string
const FORMATS: Record<string, Format> = {
  text: (value) => String(value ?? ''),
  name: (value, _row, _source, _content, locale) => either((value as Loose) ?? {}, 'name', 'name_en', locale),
  names: (value, _row, _source, _content, locale) => ((value as Loose[] | undefined) ?? [])
    .map((one) => either(one, 'name', 'name_en', locale)).join(reportText('comma', locale)),
  either: (_value, row, source, _content, locale) => either(source, row.path, row.path_en ?? row.path, locale),
  list: (value, _row, _source, _content, locale) => ((value as string[] | undefined) ?? [])
    .join(reportText('comma', locale)),
  value: (value, row, _source, _content, locale) => valueOf(row.of ?? '', value, locale),
  instant: (value, _row, _source, content) => localTime(String(value ?? ''), offset(content)),
  quantity: (value, row, source) => `${value} ${source[row.unit ?? ''] ?? ''}`.trim(),
  answer: (_value, _row, source, _content, locale) => answerText(source, locale),
  money: (value) => (Number.isInteger(value) ? yuan(value as number) : ''),
}

/** The word for a code; the code itself when the rules do not know it, as on a phone of an older version. */
function valueOf(table: string, key: unknown, locale: Locale): string {
  if (!key) return ''
  const words = VALUES[table]!
  return Object.hasOwn(words, String(key)) ? words[String(key)]![locale] : String(key)
}

function either(row: Loose, field: string, fieldEn: string, locale: Locale): string {
  return String((locale === 'en' && row[fieldEn]) || row[field] || '')
}

function offset(content: Loose): number {
  return Number(content.utc_offset_minutes ?? DEFAULT_UTC_OFFSET_MINUTES)
}

function list(source: Loose, path: string): Loose[] {
  return (at(source, path) as Loose[] | undefined) ?? []
}

function at(source: Loose, path: string): unknown {
  let value: unknown = source
  for (const key of path.split('.')) value = typeof value === 'object' && value ? (value as Loose)[key] : undefined
  return value
}
