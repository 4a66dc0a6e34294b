/** What this desk offers to do. The server decides again; a button that would only be refused is not shown. */
import ladder from '@rules/ladder.json'
import lifecycles from '@rules/lifecycles.json'
import permissions from '@rules/permissions.json'
import type { ActName } from '@/protocol/acts'

/** A ground of `permissions.json`, as far as it speaks of roles alone. */
interface Ground {
  roles?: string[] | string
  is?: string
  ladder?: string[]
}

const groups: Record<string, string[]> = permissions.groups
const rungs = ladder as unknown as Record<string, string[] | Record<string, string[]>>
const acts = permissions.acts as Partial<Record<string, Ground[]>>

/** The roles a ground names; of the ladder, those of its first entry: who decides the plain case. */
function rolesOf(ground: Ground): readonly string[] {
  const named = ground.ladder?.[0] ? rungs[ground.ladder[0]] : undefined
  if (Array.isArray(named)) return named
  return typeof ground.roles === 'string' ? (groups[ground.roles] ?? []) : (ground.roles ?? [])
}

/** Acts that the table of states does not name because they change none. */
const STATELESS: Partial<Record<ActName, readonly string[]>> = {
  'visit.reschedule': ['planned', ...lifecycles.visit.open],
  'visit.prepare': ['planned', ...lifecycles.visit.open],
  'work_order.estimate': lifecycles.work_order.states.filter((s) => !lifecycles.work_order.ended.includes(s) && s !== 'draft'),
  'visit.review': ['submitted'],
  'visit.dispatch': lifecycles.work_order.states.filter((s) => !lifecycles.work_order.ended.includes(s) && s !== 'draft'),
}

const transitions = [...lifecycles.visit.transitions, ...lifecycles.work_order.transitions]

/** Whether a role alone permits it; what somebody may because of what they are to a row is not asked here. */
export function roleMay(act: ActName, roles: readonly string[]): boolean {
  return (acts[act] ?? []).some((ground) => !ground.is && rolesOf(ground).some((role) => roles.includes(role)))
}

export function stateAllows(act: ActName, state: string): boolean {
  const from = STATELESS[act] ?? transitions.find((row) => row.act === act)?.from ?? []
  return from.includes(state)
}

export const may = (act: ActName, state: string, roles: readonly string[]): boolean => roleMay(act, roles) && stateAllows(act, state)

/** Nobody was sent yet: the dispatcher's pile, whether or not a plan is still being written. */
export const isUnsent = (state: string): boolean => ['registered', 'ready', 'planning', 'plan_review'].includes(state)

export const orderEnded = (state: string): boolean => lifecycles.work_order.ended.includes(state)
