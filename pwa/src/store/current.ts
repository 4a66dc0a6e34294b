/** Who is working on this device now, and their database. */
import { shallowRef } from 'vue'
import type { Id } from '../protocol/nouns'
import type { UserDatabase } from './database'
import { ActRefused } from './refusal'

export interface Store { userId: Id; deviceId: Id; name: string; roles: readonly string[]; db: UserDatabase }

/** Null while nobody is signed in. Everything live follows it. */
export const current = shallowRef<Store | null>(null)

export function currentStore(): Store {
  if (!current.value) throw new ActRefused('not-signed-in')
  return current.value
}
