import { enActs } from './en.acts'
import { enCommon } from './en.common'
import { enField } from './en.field'
import { enFields } from './en.fields'
import { enPhone } from './en.phone'
import { enRescue } from './en.rescue'
import { enVisit } from './en.visit'
import type { MessageKey } from './index'

/** English; the type makes a message that is missing here an error. */
export const en: Record<MessageKey, string> = { ...enCommon, ...enVisit, ...enActs, ...enPhone, ...enRescue, ...enField, ...enFields }
