/** Acts that need a person: applied after all, or discarded. The author may only discard. */
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

export async function settleReview(id: Id, decision: 'apply' | 'discard', note?: string): Promise<void> {
  await record('review.settle', { id, decision, ...(note && { note }) })
  requestSync()
}
