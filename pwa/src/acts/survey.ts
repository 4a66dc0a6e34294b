/** What a call-back agent does: ask how it was, write it down. */
import type { Args } from '../protocol/acts'
import { newId } from '../protocol/ids'
import { requestSync } from '../store/signal'
import { record } from './record'

export async function recordCallBack(args: Omit<Args['call_back.record'], 'id'>): Promise<void> {
  await record('call_back.record', { ...args, id: newId() })
  requestSync()
}
