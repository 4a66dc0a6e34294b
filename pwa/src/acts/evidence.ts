/** What a dispatcher decides about late evidence and conflicts. */
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

export async function settleEvidence(
  noun: string, id: Id, decision: 'adopt' | 'discard', note?: string,
): Promise<void> {
  await record('evidence.settle', { noun, id, decision, ...(note && { note }) })
  requestSync()
}

export async function settleConflict(id: Id, value: unknown): Promise<void> {
  await record('conflict.settle', { id, value })
  requestSync()
}
