import { enActs } from './en.acts'
import { enCommon } from './en.common'
import { enElsewhere } from './en.elsewhere'
import { enField } from './en.field'
import { enFields } from './en.fields'
import { enList } from './en.list'
import { enPhone } from './en.phone'
import { enProblems } from './en.problems'
import { enRescue } from './en.rescue'
import { enVisit } from './en.visit'
import type { MessageKey } from './index'

/** English, all of it in one file; the type makes a message that is missing here an error. */
export const en: Record<MessageKey, string> = {
  ...enCommon, ...enElsewhere, ...enList, ...enVisit, ...enActs, ...enProblems, ...enPhone, ...enRescue, ...enField, ...enFields,
}
