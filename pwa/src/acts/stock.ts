/** Parts on their way: asked for and handed back by the van, sent and taken back by the storekeeper. */
import type { StockArgs } from '../protocol/field_acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

export async function requestPart(args: Omit<StockArgs['part_request.make'], 'id'>): Promise<Id> {
  const id = newId()
  await record('part_request.make', { ...args, id })
  return id
}
export const cancelRequest = (id: Id) => record('part_request.cancel', { id })
export const receivePart = (id: Id, quantity?: number) => record('part_request.receive', { id, ...(quantity !== undefined && { quantity }) })

export async function handInPart(args: Omit<StockArgs['part_return.hand_in'], 'id'>): Promise<Id> {
  const id = newId()
  await record('part_return.hand_in', { ...args, id })
  return id
}

/** What a storekeeper or dispatcher says to a request; they are online, so it goes at once. */
export async function answerRequest(act: 'approve' | 'refuse' | 'ship', id: Id, note?: string): Promise<void> {
  await record(`part_request.${act}`, { id, ...(note && { note }) })
  requestSync()
}
export async function takeBackPart(id: Id): Promise<void> {
  await record('part_return.receive', { id })
  requestSync()
}
export async function adjustStock(args: Omit<StockArgs['stock.adjust'], 'id'>): Promise<void> {
  await record('stock.adjust', { ...args, id: newId() })
  requestSync()
}
