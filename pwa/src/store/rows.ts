/** Rows as screens see them: live, with the effects of acts not sent yet. */
import type { Ref } from 'vue'
import type { IndexName } from '../protocol/effects/view'
import type { Id, Noun } from '../protocol/nouns'
import { keyOf, refOf, type StoredRow, type UserDatabase } from './database'
import { useLive } from './live'
import type { Row, RowOf } from './types'

/** Which rows: those whose field has this value, or one of these. */
export interface Where { index: IndexName; value: string | readonly string[] }

/**
 * All rows of a noun, or those `where` names; `where` giving null means "not known yet". Sorted by id, which is the
 * order of birth. `undefined` while loading.
 */
export function useRows<N extends Noun>(noun: N, where?: () => Where | null): Readonly<Ref<RowOf<N>[] | undefined>> {
  return useLive(({ db }) => {
    const found = where?.()
    if (found === null) return null
    return async () => (await load(db, noun, found)).map((row) => shown<N>(row))
  })
}

/** One row; `undefined` while loading, null when this device does not have it. */
export function useRow<N extends Noun>(
  noun: N, id: () => Id | null | undefined,
): Readonly<Ref<RowOf<N> | null | undefined>> {
  return useLive(({ db }) => {
    const key = id()
    if (!key) return null
    return async () => {
      const row = await db.rows.get(keyOf(noun, key))
      return row?.body ? shown<N>(row) : null
    }
  })
}

/** The rows of these ids, as far as this device has them, in no order; null means "not known yet". */
export function useRowsOf<N extends Noun>(
  noun: N, ids: () => Iterable<Id> | null | undefined,
): Readonly<Ref<RowOf<N>[] | undefined>> {
  return useLive(({ db }) => {
    const found = ids()
    if (!found) return null
    const keys = [...new Set(found)].map((id) => keyOf(noun, id))
    return async () => (await db.rows.bulkGet(keys)).filter((row) => row?.body).map((row) => shown<N>(row!))
  })
}

async function load(db: UserDatabase, noun: Noun, where: Where | undefined): Promise<StoredRow[]> {
  const values = where && (typeof where.value === 'string' ? [where.value] : where.value)
  const rows = values
    ? await db.rows.where('refs').anyOf(values.map((value) => refOf(noun, where.index, value))).toArray()
    : await db.rows.where('noun').equals(noun).toArray()
  return rows.filter((row) => row.body !== null).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

export function shown<N extends Noun>(row: StoredRow): RowOf<N> {
  const { noun, id, scope, rev, body, dirty, handedOver } = row
  const result: Row<unknown> = { noun, id, scope, rev, body, pending: dirty === 1 }
  if (handedOver) result.handedOver = handedOver
  return result as RowOf<N>
}
