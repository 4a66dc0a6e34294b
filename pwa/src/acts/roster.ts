/** The duty roster: who is on duty, who is away. */
import type { Args } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

/** A new shift, or with its id the same one as it shall be now. Gives its id. */
export async function assignDuty(shift: Omit<Args['duty.assign'], 'id'> & { id?: Id }): Promise<Id> {
  const id = shift.id ?? newId()
  await record('duty.assign', { ...shift, id })
  requestSync()
  return id
}

export async function removeDuty(id: Id): Promise<void> {
  await record('duty.remove', { id })
  requestSync()
}
