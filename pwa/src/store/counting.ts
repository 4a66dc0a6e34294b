/** How many rows of a noun there are, without reading them. */
import type { Ref } from 'vue'
import type { Noun } from '../protocol/nouns'
import { useLive } from './live'

export function useCount(noun: Noun): Readonly<Ref<number | undefined>> {
  return useLive(({ db }) => () => db.rows.where('noun').equals(noun).and((row) => row.body !== null).count())
}
