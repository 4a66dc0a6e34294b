/** What is done to a visit: the engineer's verbs, then the dispatcher's. Each resolves once it is durable here. */
import type { DispatchArgs, ReassignArgs } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id, Instant, Place } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

export const acceptVisit = (visit_id: Id) => record('visit.accept', { visit_id })
export const travel = (visit_id: Id) => record('visit.travel', { visit_id })
export const arrive = (visit_id: Id, place?: Place) => record('visit.arrive', { visit_id, ...(place && { place }) })
export const startWork = (visit_id: Id) => record('visit.work', { visit_id })
export const resumeWork = (visit_id: Id) => record('visit.resume', { visit_id })
export const finishWork = (visit_id: Id) => record('visit.finish', { visit_id })
export const reopenWork = (visit_id: Id) => record('visit.reopen', { visit_id })

export const declineVisit = (visit_id: Id, reason: string, note?: string) =>
  record('visit.decline', { visit_id, reason, ...(note && { note }) })
export const pauseWork = (visit_id: Id, reason: string, note?: string) =>
  record('visit.pause', { visit_id, reason, ...(note && { note }) })
export const cannotComplete = (visit_id: Id, reason: string, note?: string) =>
  record('visit.cannot_complete', { visit_id, reason, ...(note && { note }) })

/** Hands the visit to the office, and asks for a sync at once: this is the moment the office waits for. */
export async function submitVisit(visit_id: Id): Promise<void> {
  await record('visit.submit', { visit_id })
  requestSync()
}

/** The id of the new visit. */
export async function dispatchVisit(args: Omit<DispatchArgs, 'id'>): Promise<Id> {
  const id = newId()
  await record('visit.dispatch', { ...args, id })
  requestSync()
  return id
}

export async function rescheduleVisit(
  visit_id: Id, slot_start: Instant, slot_end: Instant, reason?: string,
): Promise<void> {
  await record('visit.reschedule', { visit_id, slot_start, slot_end, ...(reason && { reason }) })
  requestSync()
}

/** Cancels the visit and dispatches another in its place, whose id it gives back. */
export async function reassignVisit(args: Omit<ReassignArgs, 'new_id'>): Promise<Id> {
  const new_id = newId()
  await record('visit.reassign', { ...args, new_id })
  requestSync()
  return new_id
}

export async function cancelVisit(visit_id: Id, reason: string, note?: string): Promise<void> {
  await record('visit.cancel', { visit_id, reason, ...(note && { note }) })
  requestSync()
}

export async function reviewVisit(visit_id: Id, decision: 'accept' | 'return', remarks?: string): Promise<void> {
  await record('visit.review', { visit_id, decision, ...(remarks && { remarks }) })
  requestSync()
}
