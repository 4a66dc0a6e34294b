/** Who works on this device. A person signs in once, online; afterwards only their own words take them out. */
import type { KnownUser } from './store/device'

export { current } from './store/current'
export { knownUsers, type KnownUser } from './store/device'

export declare function restoreSession(): Promise<boolean>
export declare function login(name: string, password: string): Promise<void>
export declare function logout(): Promise<void>
export declare function switchUser(user: KnownUser): Promise<boolean>
