/** Which half of the product a person starts in. */
import type { Role } from './protocol/nouns'

const OFFICE: ReadonlySet<string> = new Set<Role>([
  'dispatcher', 'operator', 'supervisor', 'module_head', 'department_head', 'call_back', 'admin',
])

export const hasOffice = (roles: readonly string[]): boolean => roles.some((role) => OFFICE.has(role))
const hasField = (roles: readonly string[]): boolean => roles.some((role) => role === 'engineer' || role === 'crew_lead')

/** Who also goes out to sites starts with their own visits; the desk is one press away in the settings. */
export const homeFor = (roles: readonly string[]): string => (hasOffice(roles) && !hasField(roles) ? '/office' : '/visits')
