/** What a visit is prepared with, before and after somebody is sent. */
import type { Args } from '../protocol/acts'
import { requestSync } from '../store/signal'
import { record } from './record'

export async function estimateWork(args: Args['work_order.estimate']): Promise<void> {
  await record('work_order.estimate', args)
  requestSync()
}

export async function prepareVisit(args: Args['visit.prepare']): Promise<void> {
  await record('visit.prepare', args)
  requestSync()
}
