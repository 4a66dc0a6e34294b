import { zhActs } from './zh.acts'
import { zhCommon } from './zh.common'
import { zhField } from './zh.field'
import { zhFields } from './zh.fields'
import { zhPhone } from './zh.phone'
import { zhRescue } from './zh.rescue'
import { zhVisit } from './zh.visit'

/** Every Chinese message of the engineer's side; the office brings its own when it is loaded. */
export const zh = { ...zhCommon, ...zhVisit, ...zhActs, ...zhPhone, ...zhRescue, ...zhField, ...zhFields } as const
