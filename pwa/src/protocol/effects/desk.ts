/** Effects of what only a desk does. Imported before the first row is read there, and by the worker. */
import type { ActName } from '../acts'
import { assessmentEffects } from './assessment'
import { closingEffects } from './closing'
import { legalEffects } from './legal'
import { addEffects, type firstEffects } from './index'
import { learningEffects } from './learning'
import { planEffects } from './plans'
import { qualityEffects } from './quality'

const deskEffects = { ...closingEffects, ...legalEffects, ...planEffects, ...qualityEffects, ...assessmentEffects, ...learningEffects }
addEffects(deskEffects)

/** Each act's effect stands in one of the two tables: `never`, or this does not compile. */
export type Lacking = Exclude<ActName, keyof typeof firstEffects | keyof typeof deskEffects>
export const complete: [Lacking] extends [never] ? true : Lacking = true
