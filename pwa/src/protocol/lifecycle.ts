/** Who may do what to a visit, when, and where it leads: read from the table both sides run. */
import rules from '@rules/lifecycles.json'
import type { Args } from './acts'
import type { DefectState, DrillState, Id, PartRequestState, VisitBody, VisitMode, VisitState, WorkOrderState } from './nouns'

interface Transition { act: string; from: string[]; to: string; who: string; offline: boolean; modes?: string[] }

const visit = rules.visit
const visitTransitions = rules.visit.transitions as Transition[]
const workOrderTransitions = rules.work_order.transitions as Transition[]

/** Acts of a visit's life-cycle; a review is two of them, by its decision. */
export type VisitStep = Exclude<Extract<keyof Args, `visit.${string}`>, 'visit.reschedule' | 'visit.review'>
  | 'report.sign' | 'report.waive' | 'visit.accept_work' | 'visit.return_work'

const find = (table: Transition[], state: string, act: string, mode?: string): Transition | undefined =>
  table.find((row) => row.act === act && row.from.includes(state) && (!row.modes || !mode || row.modes.includes(mode)))

/** The state an act leads to; null when it is not legal from here. */
export function next(state: VisitState, act: VisitStep, mode: VisitMode): VisitState | null {
  return (find(visitTransitions, state, act, mode)?.to ?? null) as VisitState | null
}

type Visit = Pick<VisitBody, 'state' | 'mode' | 'lead_id'>

/** Whether this user may do this to the visit as it stands. Office roles are the server's and the screens' to check. */
export function can(row: Visit, act: VisitStep, userId: Id): boolean {
  const transition = find(visitTransitions, row.state, act, row.mode)
  return transition !== undefined && (transition.who !== 'lead' || row.lead_id === userId)
}

/** Whether an act is a step of a visit's life-cycle, whose state says if it can be. */
export const isVisitStep = (act: string): act is VisitStep => visitTransitions.some((row) => row.act === act)

/** Whether only the lead of the visit may do it. */
export const isLeadOnly = (act: string): boolean => visitTransitions.some((row) => row.act === act && row.who === 'lead')

/** Everything this user may do to the visit as it stands. */
export function stepsOf(row: Visit, userId: Id): VisitStep[] {
  const acts = [...new Set(visitTransitions.map((transition) => transition.act))] as VisitStep[]
  return acts.filter((act) => can(row, act, userId))
}

export function nextOfWorkOrder(state: WorkOrderState, act: string): WorkOrderState | null {
  return (find(workOrderTransitions, state, act)?.to ?? null) as WorkOrderState | null
}

export function nextOfDefect(state: DefectState, act: string): DefectState | null {
  return (find(rules.defect.transitions, state, act)?.to ?? null) as DefectState | null
}

export function nextOfPartRequest(state: PartRequestState, act: string): PartRequestState | null {
  return (find(rules.part_request.transitions, state, act)?.to ?? null) as PartRequestState | null
}

export function nextOfDrill(state: DrillState, act: string): DrillState | null {
  return (find(rules.drill.transitions, state, act)?.to ?? null) as DrillState | null
}

/** Whether somebody still has to look at it. */
export const isLiveDefect = (state: DefectState): boolean => rules.defect.live.includes(state)

/** An ended work order takes no more edits. */
export const isEnded = (state: WorkOrderState): boolean => rules.work_order.ended.includes(state)
/** Whether visits, and not a person, decide this state of a work order. */
export const isDerived = (state: WorkOrderState): boolean => rules.work_order.derived.includes(state)
export const isOpen = (state: VisitState): boolean => visit.open.includes(state)
export const isLive = (state: VisitState): boolean => visit.live.includes(state)
export const isGone = (state: VisitState): boolean => visit.gone.includes(state)
/** Whether this signature makes the visit a signed one. */
export const isCustomerSide = (role: string): boolean => visit.customer_side.includes(role)
export const isDone = (state: VisitState): boolean => visit.done.includes(state)
