/** What this desk offers to do. The server decides again; a button that would only be refused is not shown. */
import ladder from '@rules/ladder.json'
import lifecycles from '@rules/lifecycles.json'
import type { ActName } from '@/protocol/acts'
import type { Role } from '@/protocol/nouns'

const REVIEWERS: readonly Role[] = ['supervisor', 'specialist', 'module_head', 'department_head', 'deputy_gm']
const COMPLAINTS: readonly Role[] = ['dispatcher', 'operator', 'supervisor', 'call_back', 'module_head', 'department_head', 'deputy_gm']

/** Who may, as `docs/contract.md` has it. */
const WHO: Partial<Record<ActName, readonly Role[]>> = {
  'work_order.register': ['dispatcher', 'operator', 'supervisor'],
  'work_order.edit': ['dispatcher', 'operator', 'supervisor'],
  'work_order.cancel': ['dispatcher', 'supervisor'],
  'work_order.triage': ['dispatcher', 'operator', 'supervisor'],
  'work_order.merge': ['dispatcher', 'supervisor'],
  'work_order.hand_over': ['dispatcher', 'supervisor', 'module_head', 'department_head', 'admin'],
  'link.make': ['dispatcher', 'operator', 'supervisor', 'call_back'],
  'checklist.publish': ['supervisor', 'module_head', 'department_head', 'admin'],
  'catalogue.put': ['supervisor', 'module_head', 'department_head', 'admin'],
  'work_order.close': ['supervisor', 'call_back', 'dispatcher'],
  'visit.dispatch': ['dispatcher', 'supervisor'],
  'visit.reschedule': ['dispatcher', 'supervisor'],
  'visit.reassign': ['dispatcher', 'supervisor'],
  'visit.cancel': ['dispatcher', 'supervisor'],
  'visit.review': ['supervisor', 'dispatcher'],
  'work_order.estimate': ['dispatcher', 'operator', 'supervisor'],
  'visit.prepare': ['dispatcher', 'supervisor'],
  'plan.set': ['dispatcher', 'supervisor', 'module_head', 'department_head'],
  'occurrence.make_visit': ['dispatcher', 'supervisor'],
  'occurrence.excuse': ['dispatcher', 'supervisor', 'module_head', 'department_head'],
  'occurrence.record': ['dispatcher', 'supervisor', 'module_head', 'department_head'],
  'occurrence.restore': ['dispatcher', 'supervisor', 'module_head', 'department_head'],
  'handover.set': ['dispatcher', 'operator', 'supervisor', 'module_head', 'department_head', 'admin'],
  'point.add': ['dispatcher', 'supervisor', 'admin'],
  'point.edit': ['dispatcher', 'supervisor', 'admin'],
  'duty.assign': ['dispatcher', 'supervisor'],
  'duty.remove': ['dispatcher', 'supervisor'],
  'evidence.settle': ['dispatcher', 'supervisor'],
  'conflict.settle': ['dispatcher', 'supervisor'],
  'review.settle': ['dispatcher', 'supervisor'],
  'rebooking.answer': ['dispatcher', 'supervisor'],
  'policy.save': ['supervisor', 'department_head', 'admin'],
  'customer.choose_policy': ['supervisor', 'department_head', 'admin', 'dispatcher'],
  'hold.decide': ['dispatcher', 'supervisor'],
  'delay.decide': ladder.delay as Role[],
  'plan.require': ['dispatcher', 'supervisor', 'module_head', 'department_head'],
  'work_order.reopen': ['dispatcher', 'supervisor', 'call_back'],
  'call_back.record': ['call_back', 'supervisor'],
  'call_back.attempt': ['call_back', 'supervisor'],
  'complaint.register': COMPLAINTS,
  'complaint.answer': COMPLAINTS,
  'complaint.follow_up': COMPLAINTS,
  'complaint.close': COMPLAINTS,
  'complaint.assign': ['supervisor', 'module_head', 'department_head', 'deputy_gm'],
  'root_cause.save': REVIEWERS,
  'hard_case.decide': REVIEWERS,
  'training.record': REVIEWERS,
  'hard_case.nominate': [...REVIEWERS, 'dispatcher', 'operator', 'call_back'],
  'assessment.decide': ['supervisor', 'module_head', 'department_head', 'deputy_gm'],
  'assessment.approve': ['department_head', 'deputy_gm'],
  'assessment_item.put': ['supervisor', 'module_head', 'department_head', 'admin'],
  'improvement.add': ['supervisor', 'call_back', 'specialist', 'module_head', 'department_head', 'deputy_gm'],
  'monthly_report.write': ['supervisor', 'call_back', 'specialist', 'module_head', 'department_head'],
  'monthly_report.approve': ['department_head', 'deputy_gm'],
  'follow_up.done': ['dispatcher', 'operator', 'supervisor', 'call_back', 'module_head', 'department_head'],
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

export function roleMay(act: ActName, roles: readonly string[]): boolean {
  const who: readonly string[] = WHO[act] ?? []
  return roles.some((role) => who.includes(role))
}

export function stateAllows(act: ActName, state: string): boolean {
  const from = STATELESS[act] ?? transitions.find((row) => row.act === act)?.from ?? []
  return from.includes(state)
}

export const may = (act: ActName, state: string, roles: readonly string[]): boolean => roleMay(act, roles) && stateAllows(act, state)

/** Nobody was sent yet: the dispatcher's pile, whether or not a plan is still being written. */
export const isUnsent = (state: string): boolean => ['registered', 'ready', 'planning', 'plan_review'].includes(state)

export const orderEnded = (state: string): boolean => lifecycles.work_order.ended.includes(state)
