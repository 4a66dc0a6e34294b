/** What was recorded after the customer signed. A signature speaks for what was shown, not for what came later. */
import { t } from '@/i18n'
import type { OrderRows } from './useOrder'

interface Recorded { rev: number; body: { visit_id: string; device_at: string | null; withdrawn: boolean } }

/**
 * The kinds of record that are newer than the customer's signature; null when nobody has signed. A diagnosis is edited
 * in place, so its rev tells; everything else is add-only, so its own time does, or its withdrawal.
 */
export function changedAfterSigning(rows: OrderRows, visitId: string): string[] | null {
  const signed = rows.signatures.value.filter((s) => s.body.visit_id === visitId && !s.body.withdrawn && s.body.role === 'customer').at(-1)
  if (!signed?.body.device_at) return null
  const at = signed.body.device_at
  const later = (list: readonly Recorded[], edited = false): boolean => list.some(({ rev, body }) => body.visit_id === visitId
    && ((body.device_at ?? '') > at || ((edited || body.withdrawn) && rev > signed.rev && signed.rev > 0)))
  const kinds: [string, boolean][] = [
    ['diagnosis', later(rows.diagnoses.value, true)],
    ['part_use', later(rows.parts.value)],
    ['attachment', later(rows.files.value.filter((f) => f.body.purpose !== 'signature'))],
    ['checklist_answer', later(rows.answers.value)],
    ['note', later(rows.notes.value.filter((n) => n.body.created_by === signed.body.created_by))],
  ]
  return kinds.filter(([, newer]) => newer).map(([noun]) => t(`office.noun.${noun}`))
}
