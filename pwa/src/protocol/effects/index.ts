/**
 * Every act's effect, by name. What is not in the table has none: the rows wait for the server. What only a desk does
 * is in `desk.ts`, which a phone does not load: it adds itself here.
 */
import type { Act, ActName } from '../acts'
import { ownAssessmentEffects } from './assessment_own'
import { channelEffects } from './channels'
import { checklistEffects } from './checklist'
import { deadlineEffects } from './deadline'
import { dossierEffects } from './dossier'
import { emergencyEffects } from './emergency'
import { defectEffects } from './defect'
import { factEffects } from './fact'
import { moneyEffects } from './money'
import { officeEffects } from './office'
import { stockEffects } from './parts'
import { intakeEffects } from './intake'
import { preparingEffects } from './preparing'
import type { Actor, Change, Effect, View } from './view'
import { visitEffects } from './visit'

export const firstEffects = {
  ...visitEffects, ...factEffects, ...checklistEffects, ...defectEffects, ...dossierEffects, ...moneyEffects, ...stockEffects,
  ...officeEffects, ...intakeEffects, ...preparingEffects, ...deadlineEffects, ...channelEffects, ...ownAssessmentEffects,
  ...emergencyEffects,
}
const effects: Record<string, Effect<never>> = { ...firstEffects }

export const addEffects = (more: Record<string, Effect<never>>): void => { Object.assign(effects, more) }

/** The rows as the act leaves them, the row it is about first. Pure: the same act on the same rows gives the same. */
export async function effectOf(act: Act, view: View, actor: Actor): Promise<Change[]> {
  const effect = effects[act.act] as Effect<ActName> | undefined
  return effect ? effect(act as never, view, actor) : []
}

export const knownActs = (): ActName[] => Object.keys(effects) as ActName[]
