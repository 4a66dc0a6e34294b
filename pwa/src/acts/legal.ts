/** Legal holds (F7): what no clean-up may touch, whatever its age. */
import type { LegalHoldBody } from '../protocol/closing'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

export async function placeHold(of_noun: LegalHoldBody['of_noun'], of_id: Id, reason: string): Promise<void> {
  await record('legal_hold.place', { id: newId(), of_noun, of_id, reason })
  requestSync()
}
export async function liftHold(id: Id, reason: string): Promise<void> {
  await record('legal_hold.lift', { id, reason })
  requestSync()
}
