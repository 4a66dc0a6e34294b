/** Which half of the product a person starts in. */
import type { Role } from './protocol/nouns'

const OFFICE: ReadonlySet<string> = new Set<Role>([
  'dispatcher', 'operator', 'supervisor', 'module_head', 'department_head', 'call_back', 'admin', 'storekeeper',
  'specialist', 'deputy_gm',
])

export const hasOffice = (roles: readonly string[]): boolean => roles.some((role) => OFFICE.has(role))
const hasField = (roles: readonly string[]): boolean => roles.some((role) => role === 'engineer' || role === 'crew_lead')

/** Who also goes out to sites starts with their own visits; the desk is one press away in the settings. */
export const homeFor = (roles: readonly string[]): string => (hasOffice(roles) && !hasField(roles) ? '/office' : '/visits')

/** Keeps parts and nothing else of the office's: the desk shows them that alone. */
export const isOnlyKeeper = (roles: readonly string[]): boolean =>
  roles.includes('storekeeper') && !roles.some((role) => role !== 'storekeeper' && OFFICE.has(role))
