/** What can be done with a visit now: one main step, and the others the life-cycle table allows. Pure. */
import { next, type VisitStep } from '@/protocol/lifecycle'
import type { VisitMode, VisitState } from '@/protocol/nouns'
import type { IconName } from '@/components/icons'

export type Step =
  | 'accept' | 'travel' | 'arrive' | 'work' | 'resume' | 'finish' | 'report' | 'submit'
  | 'decline' | 'pause' | 'cannot_complete' | 'reopen'

/** The way through a normal day; `report` is a screen, because signing is more than one press. */
const MAIN: Partial<Record<VisitState, Step>> = {
  dispatched: 'accept', accepted: 'travel', travelling: 'arrive', arrived: 'work', working: 'finish', paused: 'resume',
  work_done: 'report', signed: 'submit', sign_waived: 'submit', cannot_complete: 'submit', returned: 'work',
}
const OTHERS: readonly Step[] = ['arrive', 'pause', 'reopen', 'cannot_complete', 'decline']

export const STEP_ICONS: Record<Step, IconName> = {
  accept: 'check', travel: 'car', arrive: 'pin', work: 'wrench', resume: 'play', finish: 'flag', report: 'pen',
  submit: 'send', decline: 'close', pause: 'pause', cannot_complete: 'alert', reopen: 'wrench',
}

export function mainStep(state: VisitState, mode: VisitMode): Step | null {
  const step = MAIN[state] ?? null
  // Nobody travels to a remote visit: the table says which way its work begins.
  if (step === 'travel' && !next(state, 'visit.travel', mode)) return 'work'
  return step
}

export function otherSteps(state: VisitState, mode: VisitMode): Step[] {
  const main = mainStep(state, mode)
  return OTHERS.filter((step) => step !== main && next(state, `visit.${step}` as VisitStep, mode))
}
