/** What the office's thinking needs of a row, whatever else the store knows about it. */
import type { Body, Noun } from '@/protocol/nouns'

export interface Held<N extends Noun> {
  id: string
  scope: string
  rev: number
  body: Body<N>
  /** A change of this desk on it has not come back from the server yet. */
  pending?: boolean
}

/** The work order a row lives under, which for a conflict is all that is known of its place. */
export const orderOf = (row: { scope: string }): string | null => (row.scope.startsWith('wo:') ? row.scope.slice(3) : null)

/** Row lists grouped by what they belong to, so that a card is built by look-up and never by scan. */
export function groupBy<T>(rows: readonly T[], key: (row: T) => string | null | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const k = key(row)
    if (!k) continue
    const group = groups.get(k)
    if (group) group.push(row)
    else groups.set(k, [row])
  }
  return groups
}

export function byId<T extends { id: string }>(rows: readonly T[] | undefined): Map<string, T> {
  return new Map((rows ?? []).map((row) => [row.id, row]))
}
