/** A quotation being made: lines of parts, labour and travel, with the prices of the list. Pure but for new ids. */
import type { LineKind, UnpricedLine } from '@/protocol/money'
import { newId } from '@/protocol/ids'
import type { RowOf } from '@/store'
import type { KeptPhoto } from '@/acts'

export interface QuoteDraft { misuse: boolean; lines: UnpricedLine[]; note: string; photos: readonly KeptPhoto[] }
export const EMPTY_QUOTE: QuoteDraft = { misuse: false, lines: [], note: '', photos: [] }

/** Codes of the price list as companies number them: LAB labour, TRV travel; whatever else is neither. */
const KIND_OF: readonly [RegExp, LineKind][] = [[/^LAB/i, 'labour'], [/^TRV/i, 'travel']]
export const kindOf = (code: string): LineKind => KIND_OF.find(([pattern]) => pattern.test(code))?.[1] ?? 'other'

export const partLine = ({ body }: RowOf<'part'>, quantity = 1): UnpricedLine => ({
  id: newId(), kind: 'part', code: body.number, name: body.name, name_en: body.name_en, unit: body.unit, quantity, price_cents: body.price_cents, covered: false,
})
export const priceLine = ({ body }: RowOf<'price_item'>): UnpricedLine => ({
  id: newId(), kind: kindOf(body.code), code: body.code, name: body.name, name_en: body.name_en, unit: body.unit, quantity: 1, price_cents: body.price_cents, covered: false,
})

/** Parts used on the visit that the lines do not have, or have too few of. The customer's own parts cost nothing. */
export function unquoted(uses: readonly RowOf<'part_use'>[], parts: ReadonlyMap<string, RowOf<'part'>>, lines: readonly UnpricedLine[]): UnpricedLine[] {
  const wanted = new Map<string, number>()
  for (const { body } of uses) {
    if (!body.withdrawn && body.source !== 'customer') wanted.set(body.part_id, (wanted.get(body.part_id) ?? 0) + body.quantity)
  }
  return [...wanted].flatMap(([id, quantity]) => {
    const part = parts.get(id)
    const there = lines.filter((line) => line.kind === 'part' && line.code === part?.body.number).reduce((sum, line) => sum + line.quantity, 0)
    return part && quantity > there ? [partLine(part, quantity - there)] : []
  })
}
