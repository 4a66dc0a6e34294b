/** Complaints and improvements: taken down, answered, followed up, closed; given, moved, done, dropped. */
import type { ActName, Args } from '../protocol/acts'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { send, type ContactCard } from './office'
import { record } from './record'

async function soon<A extends ActName>(act: A, args: Args[A]): Promise<void> {
  await record(act, args)
  requestSync()
}
type New<A extends ActName> = Omit<Args[A], 'id'>

/** Gives the complaint's id. */
export async function registerComplaint(args: New<'complaint.register'>): Promise<Id> {
  const id = newId()
  await soon('complaint.register', { ...args, id })
  return id
}
export const assignComplaint = (args: Args['complaint.assign']) => soon('complaint.assign', args)
export const answerComplaint = (args: Args['complaint.answer']) => soon('complaint.answer', args)
export const followUpComplaint = (args: Args['complaint.follow_up']) => soon('complaint.follow_up', args)
export const closeComplaint = (args: Args['complaint.close']) => soon('complaint.close', args)
export const revealComplainant = (id: Id, reason: string): Promise<ContactCard> => send('POST', `/api/complaints/${id}/contact/reveal`, { reason })

export const addAction = (args: New<'improvement.add'>) => soon('improvement.add', { ...args, id: newId() })
export const moveAction = (args: Args['improvement.move']) => soon('improvement.move', args)
export const endAction = (id: Id, result: string, dropped: boolean) => (dropped ? soon('improvement.drop', { id, result }) : soon('improvement.done', { id, result }))

export const recordAttempt = (args: New<'call_back.attempt'>) => soon('call_back.attempt', { ...args, id: newId() })
