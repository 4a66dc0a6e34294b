/** What each item's card of a checklist shows. */
import { computed, type ComputedRef } from 'vue'
import type { MissingCode } from '@/protocol/checklist'
import type { RowOf } from '@/store'
import { groupRows } from '@/components/group'
import type { Round, Typed } from './runEdits'

export interface Card {
  answer: Typed | null
  photos: readonly string[]
  failed: boolean
  pending: boolean
  missing: readonly MissingCode[]
  /** Found at this item in this run, or looked at again. */
  defects: readonly RowOf<'defect'>[]
  lastTime: RowOf<'defect'> | null
  /** What two phones said that cannot both be. */
  doubles: readonly RowOf<'checklist_answer'>[]
}

/**
 * By item. A card whose content is the same as before is the same object as before: what everything is computed from is
 * new with each answer, and without this each answer would draw all cards again.
 */
export function useCards(round: Pick<Round, 'items' | 'answers' | 'state' | 'pending' | 'edits' | 'defects' | 'lastTime' | 'doubles'>): ComputedRef<Map<string, Card>> {
  let held = new Map<string, { card: Card; text: string }>()
  return computed(() => {
    const missing = new Map(groupRows(round.state.value.missing, (miss) => miss.item))
    const failed = new Set(round.state.value.failed)
    const next = new Map<string, { card: Card; text: string }>()
    for (const { id } of round.items.value) {
      const card: Card = {
        answer: round.edits.shown.value[id] ?? null,
        photos: round.answers.value[id]?.photos ?? [],
        failed: failed.has(id),
        pending: round.pending.value.has(id),
        missing: (missing.get(id) ?? []).map((miss) => miss.code),
        defects: round.defects.value.get(id) ?? [],
        lastTime: round.lastTime.value.get(id) ?? null,
        doubles: round.doubles.value.get(id) ?? [],
      }
      const text = JSON.stringify(card)
      const before = held.get(id)
      next.set(id, before?.text === text ? before : { card, text })
    }
    held = next
    return new Map([...next].map(([id, { card }]) => [id, card]))
  })
}
