/** Maintenance plans: setting them, making one visit of what is due, excusing, recording what is on paper. */
import { newId } from '../protocol/ids'
import type { Day, Id } from '../protocol/nouns'
import type { SetPlanArgs } from '../protocol/plans'
import { requestSync } from '../store/signal'
import { record } from './record'

/** A new plan, or with its id the same one as it shall be now. Gives its id. */
export async function setPlan(plan: Omit<SetPlanArgs, 'id'> & { id?: Id }): Promise<Id> {
  const id = plan.id ?? newId()
  await record('plan.set', { ...plan, id })
  requestSync()
  return id
}

/** One work order for all of them; it waits to be dispatched. Gives its id. */
export async function makeVisitOf(occurrenceIds: Id[]): Promise<Id> {
  const id = newId()
  await record('occurrence.make_visit', { id, occurrence_ids: occurrenceIds })
  requestSync()
  return id
}

export async function excuseOccurrence(id: Id, reason: string): Promise<void> {
  await record('occurrence.excuse', { id, reason })
  requestSync()
}

export async function recordOccurrence(id: Id, doneOn: Day, reason: string): Promise<void> {
  await record('occurrence.record', { id, done_on: doneOn, reason })
  requestSync()
}

/** Takes an excuse or a paper record back. */
export async function restoreOccurrence(id: Id): Promise<void> {
  await record('occurrence.restore', { id })
  requestSync()
}
