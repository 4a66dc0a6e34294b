/** Reviews of root causes, the seminar, training; and what actions moved, which the server counts. */
import type { ActName, Args } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { answered } from './office'
import { record } from './record'

async function soon<A extends ActName>(act: A, args: Args[A]): Promise<void> {
  await record(act, args)
  requestSync()
}
export const saveReview = (args: Args['root_cause.save']) => soon('root_cause.save', args)
export const nominateCase = (args: Omit<Args['hard_case.nominate'], 'id'>) => soon('hard_case.nominate', { ...args, id: newId() })
export const decideCase = (args: Args['hard_case.decide']) => soon('hard_case.decide', args)
export const discussCase = (args: Args['hard_case.discuss']) => soon('hard_case.discuss', args)
export const recordTraining = (args: Omit<Args['training.record'], 'id'>) => soon('training.record', { ...args, id: newId() })
export const withdrawTraining = (id: Id, reason: string) => soon('training.withdraw', { id, reason })

export interface Moved { id: Id; figure: string; month: string; before: number | null; after: number | null; so_far: boolean; better: boolean | null }
/** Of every action with a number, since a month. */
export const readEffects = async (since: string): Promise<Moved[]> =>
  ((await (await answered(`/api/reports/effects?month=${since}`)).json()) as { effects: Moved[] }).effects
