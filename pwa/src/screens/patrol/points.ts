/** The points of a site on one round: who has been where, and what is still to be answered there. */
import { computed, type ComputedRef } from 'vue'
import { provePresence } from '@/acts'
import type { Answers, ChecklistItem } from '@/protocol/checklist'
import { isAnswered } from '@/protocol/checklist'
import type { Id } from '@/protocol/nouns'
import { useRow, useRows, type RowOf } from '@/store'
import { placeIfAllowed } from '../engineer/place'

export interface Station {
  point: RowOf<'point'>
  /** The latest proof of anybody on this visit. */
  proof: RowOf<'presence_proof'> | null
  /** Ids of the visible items that are answered here. */
  items: string[]
  done: number
}

interface Round { items: ChecklistItem[]; visible: ReadonlySet<string>; answers: Answers }

export function useStations(visitId: Id, round: () => Round): ComputedRef<Station[]> {
  const visit = useRow('visit', () => visitId)
  const points = useRows('point', () => (visit.value ? { index: 'site_id', value: visit.value.body.site_id } : null))
  const proofs = useRows('presence_proof', () => ({ index: 'visit_id', value: visitId }))
  return computed(() => {
    const { items, visible, answers } = round()
    const latest = new Map((proofs.value ?? []).filter((row) => !row.body.withdrawn)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((row) => [row.body.point_id, row]))
    return (points.value ?? []).filter((row) => row.body.active)
      .toSorted((a, b) => a.body.sort - b.body.sort || a.body.code.localeCompare(b.body.code))
      .map((point) => {
        const here = items.filter((item) => visible.has(item.id) && point.body.item_ids.includes(item.id)).map((item) => item.id)
        return { point, proof: latest.get(point.id) ?? null, items: here, done: here.filter((id) => isAnswered(answers[id]?.value)).length }
      })
  })
}

/** A label as people type it: spaces, dashes and case do not matter, and a code may be a link that ends in it. */
export const codeOf = (text: string): string => (text.trim().split(/[/=?#]/).at(-1) ?? '').replace(/[\s-]/g, '').toUpperCase()

export const stationOf = (stations: readonly Station[], text: string): Station | undefined =>
  stations.find(({ point }) => codeOf(point.body.token) === codeOf(text))

/** Writes down that one is here. A position is waited for only briefly: in a basement there is none. */
export async function arriveAt(visitId: Id, runId: Id, point: RowOf<'point'>, how: 'scan' | 'typed' | 'picked', text: string): Promise<void> {
  const place = await placeIfAllowed()
  const token = how === 'picked' ? text : codeOf(text) === codeOf(point.body.token) ? point.body.token : text
  await provePresence({ visit_id: visitId, point_id: point.id, run_id: runId, how, token: token.slice(0, 200), ...(place && { place }) })
}
