/** What a van holds, what is on its way, and what still has to go back. Pure. */
import type { RowOf } from '@/store'

export interface Held { partId: string; quantity: number; under: boolean }

/** Below nought first, because somebody has to look; then what is there; what is used up is not shown. */
export function heldParts(rows: readonly RowOf<'stock'>[], userId: string): Held[] {
  return rows.filter(({ body }) => body.user_id === userId && body.quantity !== 0)
    .map(({ body }) => ({ partId: body.part_id, quantity: body.quantity, under: body.quantity < 0 }))
    .sort((a, b) => Number(b.under) - Number(a.under))
}

export interface OldPart { useId: string; partId: string; visitId: string; serials: string[] }

/** Old parts 旧件 taken out on one's visits whose serials nobody has handed in yet. */
export function oldParts(uses: readonly RowOf<'part_use'>[], returns: readonly RowOf<'part_return'>[], userId: string): OldPart[] {
  const back = new Set(returns.filter(({ body }) => body.kind === 'old').flatMap(({ body }) => body.serials))
  return uses.filter(({ body }) => !body.withdrawn && body.created_by === userId).flatMap(({ id, body }) => {
    const serials = body.old_serials.filter((serial) => !back.has(serial))
    return serials.length ? [{ useId: id, partId: body.part_id, visitId: body.visit_id, serials }] : []
  })
}

/** Parts that put the same symptom right on other visits of this phone, the most often used first. */
export function usedForSymptom(symptom: string, diagnoses: readonly RowOf<'diagnosis'>[], uses: readonly RowOf<'part_use'>[], visitId: string): Map<string, number> {
  const visits = new Set(diagnoses.filter(({ body }) => symptom && !body.withdrawn && body.symptom_code === symptom && body.visit_id !== visitId).map(({ body }) => body.visit_id))
  const found = new Map<string, number>()
  for (const { body } of uses) if (!body.withdrawn && visits.has(body.visit_id)) found.set(body.part_id, (found.get(body.part_id) ?? 0) + 1)
  return found
}
