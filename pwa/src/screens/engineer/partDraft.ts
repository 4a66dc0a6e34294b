import type { Id, PartSource } from '@/protocol/nouns'

export interface PartDraft {
  part_id: Id
  quantity: number
  source: PartSource
  serials: string[]
  old_serials: string[]
  note: string
}

export const SOURCES: readonly PartSource[] = ['own', 'warehouse', 'outlet', 'customer']

/** A new form: from one's own stock when there is some, because that is where a hand goes first. */
export function emptyPart(part_id: Id, inOwnStock: boolean): PartDraft {
  return { part_id, quantity: 1, source: inOwnStock ? 'own' : 'warehouse', serials: [], old_serials: [], note: '' }
}

/** One line per unit, so that a serial is never forgotten and none is invented. */
export function lines(serials: readonly string[], quantity: number): string[] {
  return Array.from({ length: quantity }, (_, i) => serials[i] ?? '')
}

/** What still stands in the way; null when the form can be saved. */
export function problemOfPart(form: PartDraft, serialised: boolean): 'serials-missing' | 'serials-twice' | null {
  if (!serialised) return null
  const serials = lines(form.serials, form.quantity).map((text) => text.trim())
  if (serials.some((text) => !text)) return 'serials-missing'
  return new Set(serials).size < serials.length ? 'serials-twice' : null
}
