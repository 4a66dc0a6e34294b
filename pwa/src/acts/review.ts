/** Acts that need a person: applied after all, amended, kept as a note, or discarded. The author may only discard. */
import type { SettleReviewArgs } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

async function settle(args: SettleReviewArgs): Promise<void> {
  await record('review.settle', { ...args, ...(args.note ? {} : { note: '' }) })
  requestSync()
}

export const settleReview = (id: Id, decision: 'apply' | 'discard', note = ''): Promise<void> => settle({ id, decision, note })

/** Once more in its author's name, with some arguments changed; the author's own stay in the item. */
export const amendReview = (id: Id, changes: Record<string, unknown>, note = ''): Promise<void> =>
  settle({ id, decision: 'amend', changes, note })

/** Kept in plain words on a visit, or in the timeline of a work order. */
export const attachReview = (id: Id, place: { visitId: Id } | { workOrderId: Id }, text: string, note = ''): Promise<void> =>
  settle({
    id, decision: 'attach', text, note,
    ...('visitId' in place ? { visit_id: place.visitId, note_id: newId() } : { work_order_id: place.workOrderId }),
  })
