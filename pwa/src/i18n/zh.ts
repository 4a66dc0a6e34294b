import { zhCommon } from './zh.common'
import { zhList } from './zh.list'
import { zhPhone } from './zh.phone'
import { zhProblems } from './zh.problems'

/** The Chinese of the first bundle: the list, and what may stand on any screen. The rest is in `zh.inside.ts`. */
export const zh = { ...zhCommon, ...zhList, ...zhProblems, ...zhPhone } as const
