/**
 * What a repair costs and who pays, in whole fen, and the papers a customer signs beside the report. Twin of
 * `sync/money.py`; both run `tests/vectors/money.json`. Pure.
 */
import type { ContentValue, ReportContent } from './report'

export const BASES = ['warranty', 'charged', 'misuse', 'unknown'] as const
export type Basis = (typeof BASES)[number]
export const LINE_KINDS = ['part', 'labour', 'travel', 'other'] as const
export type LineKind = (typeof LINE_KINDS)[number]
export type Paper = 'quotation' | 'custody' | 'custody_return'

/** One line of a quotation or a charge; `covered`: nobody pays for it. */
export interface PricedLine {
  id: string
  kind: LineKind
  code: string
  name: string
  name_en: string
  unit: string
  quantity: number
  price_cents: number
  covered: boolean
  amount_cents: number
}
export type UnpricedLine = Omit<PricedLine, 'amount_cents'>

const MAX_LINES = 100
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Who pays for a repair on the day `on`. Misuse is charged whatever the warranty says. */
export function basisOf(warrantyUntil: string | null, on: string, misuse: boolean): Basis {
  if (misuse) return 'misuse'
  if (!warrantyUntil || !DAY.test(warrantyUntil)) return 'unknown'
  return warrantyUntil >= on ? 'warranty' : 'charged'
}

/** Whether the customer pays on this basis, and so has to consent before the repair. */
export const isBillable = (basis: Basis): boolean => basis !== 'warranty'

export const amountOf = (line: Pick<PricedLine, 'covered' | 'quantity' | 'price_cents'>): number =>
  line.covered ? 0 : line.quantity * line.price_cents

export const totalOf = (lines: readonly Pick<PricedLine, 'covered' | 'quantity' | 'price_cents'>[]): number =>
  lines.reduce((sum, line) => sum + amountOf(line), 0)

/** Lines with their amounts; under warranty all of them are covered. */
export const priced = (lines: readonly UnpricedLine[], basis: Basis): PricedLine[] => lines.map((line) => {
  const covered = line.covered || !isBillable(basis)
  return { ...line, covered, amount_cents: amountOf({ ...line, covered }) }
})

/** `¥ 1280.50` for 128050 fen. */
export function yuan(cents: number): string {
  const whole = Math.abs(cents)
  return `${cents < 0 ? '-' : ''}¥ ${Math.floor(whole / 100)}.${String(whole % 100).padStart(2, '0')}`
}

/** Fen of what a person typed as yuan; null when it is no sum of money. */
export function fenOf(text: string): number | null {
  const found = /^(\d{1,9})(?:[.．。](\d{1,2}))?$/.exec(text.trim().replace(/^[¥￥]\s*/, ''))
  return found ? Number(found[1]) * 100 + Number((found[2] ?? '').padEnd(2, '0')) : null
}

const isWhole = (value: unknown, least: number): value is number => Number.isSafeInteger(value) && (value as number) >= least

/** What is wrong with lines; null when nothing is. */
export function linesFault(lines: unknown): string | null {
  if (!Array.isArray(lines) || lines.length > MAX_LINES) return 'lines'
  for (const line of lines as Partial<PricedLine>[]) {
    const texts = line && ([line.id, line.kind, line.code, line.name, line.name_en, line.unit] as unknown[]).every((one) => typeof one === 'string')
    if (!texts || !LINE_KINDS.includes(line.kind!) || typeof line.covered !== 'boolean') return 'lines'
    if (!isWhole(line.quantity, 1) || !isWhole(line.price_cents, 0)) return 'lines'
    if (!isWhole(line.amount_cents, 0) || line.amount_cents !== amountOf(line as PricedLine)) return 'amount'
  }
  return isWhole(totalOf(lines as PricedLine[]), 0) ? null : 'amount'
}

/** What is wrong with the content of a paper; null when it is one that can be shown and repeated. */
export function paperFault(paper: Paper, content: unknown): string | null {
  const given = content as Record<string, unknown> | null
  if (typeof given !== 'object' || given === null || given.kind !== paper) return 'kind'
  if (paper === 'quotation') {
    if (!BASES.includes(given.basis as Basis)) return 'basis'
    const fault = linesFault(given.lines)
    if (fault) return fault
    if (given.total_cents !== totalOf(given.lines as PricedLine[])) return 'amount'
    return given.basis === 'misuse' && !(given.photos as unknown[] | undefined)?.length ? 'photos' : null
  }
  if (typeof given.condition !== 'string' || !given.condition.trim()) return 'condition'
  const named = Array.isArray(given.accessories) && given.accessories.every((one) => typeof one === 'string')
  return named && typeof given.asset === 'object' && given.asset ? null : 'asset'
}

type Named = { name?: string; name_en?: string } | null | undefined
/** What every paper says of where it was made. */
export interface PaperView {
  order: { number?: string | null; title?: string; customer_name?: string; site_name?: string }
  site: { name?: string; address?: string; customer_name?: string } | null
  asset: { name?: string; brand?: string; model?: string; serial?: string; location?: string } | null
  engineer: Named
  /** The calendar day it is made on. */
  on: string
}

const texts = (row: object | null, ...fields: string[]): Record<string, ContentValue> =>
  Object.fromEntries(fields.map((field) => [field, String((row as Record<string, unknown> | null)?.[field] ?? '')]))

function head(kind: Paper, { order, site, asset, engineer, on }: PaperView): ReportContent {
  return {
    format: 1, kind, number: order.number ?? '', title: order.title ?? '',
    customer: { name: order.customer_name || site?.customer_name || '' },
    site: { name: site?.name || order.site_name || '', address: site?.address ?? '' },
    asset: texts(asset, 'name', 'brand', 'model', 'serial', 'location'),
    engineer: { name: engineer?.name ?? '', name_en: engineer?.name_en ?? '' }, made_on: on,
  }
}

export function quotationContent(
  view: PaperView, said: { basis: Basis; lines: readonly UnpricedLine[]; photos: readonly string[]; note: string },
): ReportContent {
  const lines = priced(said.lines, said.basis)
  return {
    ...head('quotation', view), basis: said.basis, lines: lines as unknown as ContentValue[], total_cents: totalOf(lines),
    photos: [...said.photos], note: said.note,
  }
}

export function custodyContent(
  view: PaperView, said: { condition: string; accessories: readonly string[]; expected_on: string; note: string },
): ReportContent {
  return { ...head('custody', view), condition: said.condition, accessories: [...said.accessories], expected_on: said.expected_on, note: said.note }
}

/** The return repeats what was taken, so that one paper tells the whole. */
export function returnContent(taken: ReportContent, said: { condition: string; accessories: readonly string[]; on: string; note: string }): ReportContent {
  return { ...taken, kind: 'custody_return', condition: said.condition, accessories: [...said.accessories], made_on: said.on, taken_on: taken.made_on ?? '', note: said.note }
}
