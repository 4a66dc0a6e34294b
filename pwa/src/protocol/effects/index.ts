/** Every act's effect, by name. What is not in the table has none: the rows wait for the server. */
import type { Act, ActName } from '../acts'
import { channelEffects } from './channels'
import { checklistEffects } from './checklist'
import { closingEffects } from './closing'
import { deadlineEffects } from './deadline'
import { dossierEffects } from './dossier'
import { defectEffects } from './defect'
import { factEffects } from './fact'
import { moneyEffects } from './money'
import { officeEffects } from './office'
import { stockEffects } from './parts'
import { intakeEffects } from './intake'
import { planEffects } from './plans'
import { preparingEffects } from './preparing'
import type { Actor, Change, Effect, View } from './view'
import { visitEffects } from './visit'

const effects: { [A in ActName]: Effect<A> } = {
  ...visitEffects, ...factEffects, ...checklistEffects, ...defectEffects, ...dossierEffects, ...moneyEffects, ...stockEffects,
  ...officeEffects, ...intakeEffects, ...preparingEffects, ...deadlineEffects, ...closingEffects, ...planEffects, ...channelEffects,
}

/** The rows as the act leaves them, the row it is about first. Pure: the same act on the same rows gives the same. */
export async function effectOf(act: Act, view: View, actor: Actor): Promise<Change[]> {
  const effect = (effects as Record<string, Effect<ActName> | undefined>)[act.act]
  return effect ? effect(act as never, view, actor) : []
}

export const knownActs = Object.keys(effects) as ActName[]
