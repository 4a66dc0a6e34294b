/** What people do in an emergency and in a drill. All of it without a network too. */
import type { ActName, Args } from '../protocol/acts'
import type { EmergencyPlanContent, NewEntry } from '../protocol/emergencies'
import { newId } from '../protocol/ids'
import type { Day, Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { record } from './record'

async function soon<A extends ActName>(act: A, args: Args[A]): Promise<void> {
  await record(act, args)
  requestSync()
}

export const writePlan = (content: EmergencyPlanContent) => soon('emergency_plan.write', { ...content, id: newId() })
export const publishPlan = (id: Id) => soon('emergency_plan.publish', { id })
export const retirePlan = (id: Id) => soon('emergency_plan.retire', { id })

/** Begins to act by a plan; gives the id of the case. */
export async function activatePlan(args: Omit<Args['emergency.activate'], 'id'>): Promise<Id> {
  const id = newId()
  await soon('emergency.activate', { ...args, id })
  return id
}

export const endEmergency = (id: Id, summary: string) => soon('emergency.end', { id, summary })

/** A line of the log, of a case or of a drill. */
export function logEntry(noun: 'emergency' | 'drill', parentId: Id, said: Omit<NewEntry, 'id'>): Promise<void> {
  const entry = { ...said, id: newId() }
  return noun === 'emergency' ? soon('emergency.log', { ...entry, emergency_id: parentId }) : soon('drill.log', { ...entry, drill_id: parentId })
}

export const planDrill = (args: Omit<Args['drill.plan'], 'id'>, id: Id = newId()) => soon('drill.plan', { ...args, id })
export const cancelDrill = (id: Id, reason: string) => soon('drill.cancel', { id, reason })
export const startDrill = (id: Id) => soon('drill.start', { id })
export const finishDrill = (id: Id) => soon('drill.finish', { id })
export const evaluateDrill = ({ actions, ...args }: Omit<Args['drill.evaluate'], 'actions'> & { actions: { text: string; owner_id: Id; due_on: Day }[] }) =>
  soon('drill.evaluate', { ...args, actions: actions.map((one) => ({ ...one, id: newId() })) })
export const doneAction = (id: Id, note: string) => soon('drill_action.done', { id, note })
