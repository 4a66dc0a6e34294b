/** The report as content and as bytes: see `report.ts`. Twin of `sync/report.py`. */
import rules from '@rules/report.json'
import { checklistState, defectsOf, latestAnswers, verdictOf } from './checklist'
import type { Answer, AnswerDefect, AnswerPhoto, AnswerRow, ChecklistItem } from './checklist'
import { moneyContent } from './report_money'
import type { CatalogueName, ContentValue, ReportContent, ReportRow, ReportView } from './report'

const FORMAT = 1 // of the content; a new number whenever the same view gives other content
export const DEFAULT_UTC_OFFSET_MINUTES = 480
// Stricter than either language's reader, because they differ on 24:00.
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

type Loose = Record<string, unknown>

/** The report of a visit. Withdrawn and discarded facts and notes of people not on the visit are left out. */
export function reportContent(view: ReportView): ReportContent {
  const { work_order: order, visit } = view
  const site: Loose = view.site ?? {}
  const checklists = facts(view.checklist_runs).map((run) => checklistOf(run, view))
  const defects = facts(view.defects).flatMap((row) => defectOf(row, visit))
  const crew = [visit.lead_id, ...((visit.helper_ids as unknown[] | null) ?? [])].filter(Boolean)
  return {
    format: FORMAT,
    utc_offset_minutes: whole(view.utc_offset_minutes ?? DEFAULT_UTC_OFFSET_MINUTES),
    number: `${text(order.number)}-${whole(visit.sequence) || 1}`,
    work_order: {
      ...texts(order, 'number', 'kind', 'title', 'description'),
      level: whole(order.level),
      reported_at: instant(order.reported_at),
    },
    customer: { name: text(order.customer_name) || text(site.customer_name) },
    site: {
      name: text(site.name) || text(order.site_name),
      address: text(site.address),
      contact: text(order.contact_masked) || text(site.contact_masked),
    },
    asset: view.asset ? texts(view.asset, 'name', 'brand', 'model', 'serial', 'location') : {},
    engineers: crew.map((id) => named(view.users?.[id as string], id)),
    visit: { mode: text(visit.mode), times: timesOf(visit) },
    cannot_complete: cannotComplete(view),
    diagnosis: diagnosisOf(view),
    parts: facts(view.part_uses).map(partOf),
    checklists,
    ...(defects.length > 0 && { defects }),
    ...moneyContent(facts(view.charges), facts(view.quotations), facts(view.custodies), facts(view.slips)),
    photos: photosOf(view.attachments, checklists),
    notes: facts(view.notes)
      .filter((row) => !row.created_by || crew.includes(row.created_by))
      .map((row) => ({ id: row.id, text: text(row.text) })),
  }
}

/** The bytes both sides agree on: keys sorted by UTF-16 unit, no spaces. Throws on null, fractions and huge numbers. */
export function canonical(content: ContentValue): string {
  if (typeof content === 'string' || typeof content === 'boolean') return JSON.stringify(content)
  if (typeof content === 'number' && Number.isSafeInteger(content)) return String(content)
  if (Array.isArray(content)) return `[${content.map(canonical).join(',')}]`
  if (typeof content === 'object' && content !== null) {
    const parts = Object.keys(content).sort().map((key) => `${JSON.stringify(key)}:${canonical(content[key]!)}`)
    return `{${parts.join(',')}}`
  }
  throw new TypeError(`not content: ${content === null ? 'null' : typeof content}`)
}

/** SHA-256 of the canonical bytes, 64 hex digits. */
export async function contentHash(content: ReportContent): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonical(content)))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Paths of what differs from the signed content; what only clocks and versions change is no edit. */
export function changedSince(signed: ReportContent, current: ReportContent): string[] {
  const found: string[] = []
  compare(signed, current, '', found)
  return found.filter((path) => !rules.not_edits.some((one) => path === one || path.startsWith(`${one}.`)))
}

/** `2026-11-21 16:30` for an instant, in the fixed offset of the content; empty for an empty one. */
export function localTime(at: string, utcOffsetMinutes: number): string {
  const utc = instant(at)
  if (!utc) return ''
  return fourDigitYear(Date.parse(utc) + utcOffsetMinutes * 60_000).slice(0, 16).replace('T', ' ')
}

function compare(was: unknown, now: unknown, path: string, found: string[]): void {
  if (isObject(was) && isObject(now)) {
    for (const key of keysOf(was, now)) compare(was[key], now[key], path ? `${path}.${key}` : key, found)
    return
  }
  const [before, after] = [byId(was), byId(now)]
  if (before && after) {
    for (const key of keysOf(before, after)) {
      if (Object.hasOwn(before, key) && Object.hasOwn(after, key)) compare(before[key], after[key], `${path}[${key}]`, found)
      else found.push(`${path}[${key}]`)
    }
  } else if (!same(was, now)) found.push(path)
}

function same(was: unknown, now: unknown): boolean {
  if (was === undefined || now === undefined) return was === now
  return canonical(was as ContentValue) === canonical(now as ContentValue)
}

function keysOf(a: Loose, b: Loose): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
}

function byId(rows: unknown): Loose | null {
  if (!Array.isArray(rows) || !rows.every((row) => isObject(row) && Object.hasOwn(row, 'id'))) return null
  return Object.fromEntries(rows.map((row) => [String(row.id), row]))
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function facts<Row extends ReportRow>(rows: Row[] | null | undefined): Row[] {
  const kept = (rows ?? []).filter((row) => !row.withdrawn && row.late_state !== 'discarded')
  return kept.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

/** Only times that are past when the customer signs: the moment of signing must not change what was signed. */
function timesOf(visit: ReportRow): ReportContent {
  const times = (visit.times as Loose | null) ?? {}
  const names = ['travelling', 'arrived', 'working', 'work_done']
  return Object.fromEntries(names.map((name) => [name, instant(times[name])]))
}

function cannotComplete(view: ReportView): ReportContent {
  const { visit } = view
  const times = (visit.times as Loose | null) ?? {}
  const gaveUp = instant(times.cannot_complete)
  if (visit.state !== 'cannot_complete' && (!gaveUp || gaveUp < instant(times.work_done))) return {}
  return { reason: catalogued(view, 'cannot_reason', visit.reason), note: text(visit.reason_note) }
}

function diagnosisOf(view: ReportView): ReportContent {
  const row = view.diagnosis
  if (!row) return {}
  const kinds = ['symptom', 'cause', 'action']
  return {
    ...Object.fromEntries(kinds.map((kind) => [kind, catalogued(view, kind, row[`${kind}_code`])])),
    ...texts(row, 'symptom_text', 'cause_text', 'action_text', 'cautions', 'test_result', 'test_text'),
  }
}

function partOf(row: ReportRow): ReportContent {
  return {
    id: row.id,
    number: text(row.part_number),
    name: text(row.part_name),
    quantity: whole(row.quantity),
    ...texts(row, 'unit', 'source', 'note'),
    serials: ((row.serials as unknown[] | null) ?? []).map(text),
    old_serials: ((row.old_serials as unknown[] | null) ?? []).map(text),
  }
}

/** What was done last about a defect on this visit; what others do later changes no report of today. */
function defectOf(row: ReportRow, visit: ReportRow): ReportContent[] {
  const known: Record<string, string> = rules.defect_done
  const own = ((row.steps as Loose[] | null) ?? []).filter((step) => step.visit_id === visit.id && Object.hasOwn(known, text(step.act)))
  const step = own.at(-1)
  if (!step) return []
  const done = known[text(step.act)]!
  return [{
    id: row.id, ...texts(row, 'label', 'label_en', 'severity', 'text'), done,
    done_text: done === 'open' ? '' : text(step.text),
  }]
}

function photosOf(rows: ReportRow[], checklists: ReportContent[]): ReportContent[] {
  const place = (row: ReportRow) => rules.photo_order.indexOf(text(row.purpose))
  const answers = checklists.flatMap((run) => run.answers as { [key: string]: ContentValue }[])
  const itemOf = new Map(answers.flatMap((answer) => (answer.photos as string[]).map((photo) => [photo, answer])))
  const shown = facts(rows).filter((row) => place(row) >= 0)
  shown.sort((a, b) => place(a) - place(b)) // stable: within a purpose by id
  return shown.map((row) => ({
    id: row.id,
    ...texts(row, 'sha256', 'purpose', 'caption'),
    ...texts(itemOf.get(row.id) ?? {}, 'label', 'label_en'),
    taken_at: instant(row.taken_at),
  }))
}

function checklistOf(run: ReportView['checklist_runs'][number], view: ReportView): ReportContent {
  const items = (run.version.items as ChecklistItem[] | null) ?? []
  const found = defectsOf((view.defects ?? []) as unknown as AnswerDefect[], run.id)
  const answers = latestAnswers((run.answers ?? []) as unknown as AnswerRow[], (view.attachments ?? []) as AnswerPhoto[], found)
  const said = new Map((run.answers ?? []).map((row) => [row.id, row.value]))
  const { visible } = checklistState(items, answers)
  return {
    id: run.id,
    state: text(run.state),
    ...texts(run.version, 'code', 'name', 'name_en'),
    version: whole(run.version.version),
    answers: items.filter((item) => visible.has(item.id)).map((item) => answerOf(item, answers[item.id], said)),
  }
}

function answerOf(item: ChecklistItem, answer: Answer | undefined, said: ReadonlyMap<string, unknown>): ReportContent {
  let value: unknown = answer?.value ?? null
  let pictures = [...(answer?.photos ?? [])].sort()
  if (item.type === 'photo' || item.type === 'photo_pair' || item.type === 'signature') {
    const single = typeof value === 'string' ? [value] : []
    const own = isObject(value) ? [value.before, value.after] : Array.isArray(value) ? value : single
    pictures = [...own.filter(Boolean).map(text), ...pictures]
    value = ''
  }
  // What another phone said that nobody has chosen between.
  const others = item.type === 'signature' ? [] : (answer?.doubles ?? []).slice(0, -1).map((id) => said.get(id))
    .filter((one) => typeof one === 'string').map((one) => ({ value: one, value_en: englishOf(item, one) }))
  return {
    ...texts(item as unknown as Loose, 'id', 'group', 'group_en', 'label', 'label_en', 'type', 'unit'),
    value: text(value),
    value_en: englishOf(item, value),
    ...(others.length > 0 && { others }),
    photos: pictures,
    verdict: verdictOf(item, answer?.value ?? null),
    note: text(answer?.note),
  }
}

function englishOf(item: ChecklistItem, value: unknown): string {
  const place = item.type === 'choice' ? (item.options ?? []).indexOf(value as string) : -1
  return place >= 0 ? text(item.options_en?.[place]) : ''
}

function catalogued(view: ReportView, kind: string, code: unknown): ReportContent {
  return named(view.catalogue?.[kind]?.[text(code)], code)
}

/** Both names; the bare code when nothing is known of it, because something the engineer chose must not vanish. */
function named(entry: CatalogueName | undefined, otherwise: unknown): ReportContent {
  return entry ? { name: text(entry.name), name_en: text(entry.name_en) } : { name: text(otherwise), name_en: '' }
}

function texts(row: Loose, ...fields: string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, text(row[field])]))
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  return Number.isInteger(value) ? String(value) : ''
}

function whole(value: unknown): number {
  return Number.isInteger(value) ? (value as number) : 0
}

/** The instant in UTC with milliseconds and `Z`, or empty: two spellings of one instant are one content. */
function instant(value: unknown): string {
  const parts = typeof value === 'string' ? INSTANT.exec(value) : null
  if (!parts) return ''
  const [, year, month, day, hour, minute, second, fraction = '', zone] = parts
  const millis = fraction.padEnd(3, '0').slice(0, 3)
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (Number(month) < 1 || Number(month) > 12 || Number(day) > days) return '' // Date.parse would roll over
  const moment = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}${zone}`)
  return Number.isNaN(moment) ? '' : fourDigitYear(moment)
}

/** Empty outside the years 1 to 9999, where the two languages know different calendars. */
function fourDigitYear(moment: number): string {
  const iso = new Date(moment).toISOString()
  return /^\d{4}-/.test(iso) && !iso.startsWith('0000') ? iso : ''
}
