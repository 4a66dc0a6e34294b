import { zhActs } from './zh.acts'
import { zhElsewhere } from './zh.elsewhere'
import { zhField } from './zh.field'
import { zhFields } from './zh.fields'
import { zhRescue } from './zh.rescue'
import { zhVisit } from './zh.visit'

/** The Chinese of every screen but the list, which nobody waits for who opens the app. */
export const zhInside = { ...zhElsewhere, ...zhVisit, ...zhActs, ...zhRescue, ...zhField, ...zhFields } as const
