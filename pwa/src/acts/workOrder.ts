/** What the office does to a work order. */
import type { EditableWorkOrder, RegisterArgs } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { changesOf } from '../protocol/effects/changes'
import { requestSync } from '../store/signal'
import { record } from './record'

/** The id of the new work order; its number comes from the server. */
export async function registerWorkOrder(args: Omit<RegisterArgs, 'id'>): Promise<Id> {
  const id = newId()
  await record('work_order.register', { ...args, id })
  requestSync()
  return id
}

/** Writes only the fields that differ from what this device shows; nothing at all when none does. */
export async function editWorkOrder(id: Id, edited: Partial<EditableWorkOrder>): Promise<void> {
  await record('work_order.edit', async (view) => {
    const row = await view.get('work_order', id)
    const changes = changesOf<EditableWorkOrder>(row?.body, edited)
    return changes && { id, changes }
  })
  requestSync()
}

export async function cancelWorkOrder(id: Id, reason: string, note?: string): Promise<void> {
  await record('work_order.cancel', { id, reason, ...(note && { note }) })
  requestSync()
}

export async function closeWorkOrder(id: Id, note?: string): Promise<void> {
  await record('work_order.close', { id, ...(note && { note }) })
  requestSync()
}
