/** Another time for a visit: asked for on the way, answered at the desk. */
import type { ProposeArgs } from '../protocol/field_acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

export async function proposeTime(args: Omit<ProposeArgs, 'id'>): Promise<Id> {
  const id = newId()
  await record('rebooking.propose', { ...args, id })
  requestSync()
  return id
}

export async function answerTime(id: Id, decision: 'confirm' | 'refuse', note?: string): Promise<void> {
  await record('rebooking.answer', { id, decision, ...(note && { note }) })
  requestSync()
}
