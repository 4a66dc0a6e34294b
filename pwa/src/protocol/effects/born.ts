/** How rows look that were born on this device and that the server has not seen. */
import type { Act } from '../acts'
import type { Bodies, Common, EventBody, Fact, Id, Noun } from '../nouns'
import type { Actor, Change, ViewRow } from './view'

export const born = (act: Act, actor: Actor): Common => ({ created_by: actor.userId, device_at: act.at, server_at: null })

export const FRESH = { late: false, late_state: null, withdrawn: false }

/** Whether it is late only the server knows. */
export const bornFact = (act: Act, actor: Actor, visit: ViewRow<'visit'>): Fact => ({
  ...born(act, actor), visit_id: visit.id, work_order_id: visit.body.work_order_id, ...FRESH,
})

/** The line in the timeline; the server's own takes its place, so its id need not be the same. */
export function eventOf(
  act: Act, actor: Actor, workOrderId: Id, visitId: Id | null, data: Record<string, unknown> = {}, kind: string = act.act,
): Change<'event'> {
  const body: EventBody = {
    ...born(act, actor), work_order_id: workOrderId, visit_id: visitId, kind, by_name: actor.name, at: act.at, data,
  }
  return { noun: 'event', id: act.id, scope: `wo:${workOrderId}`, body }
}

export const changed = <N extends Noun>(row: ViewRow<N>, body: Partial<Bodies[N]>): Change<N> => ({ ...row, body: { ...row.body, ...body } })
