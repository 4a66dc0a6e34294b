/** Parts fitted on a visit. */
import type { UsePartArgs } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { record } from './record'

/** The id of the part use. */
export async function usePart(args: Omit<UsePartArgs, 'id'>): Promise<Id> {
  const id = newId()
  await record('part.use', { ...args, id })
  return id
}

export const withdrawPart = (id: Id, reason?: string) => record('part.withdraw', { id, ...(reason && { reason }) })
