/** The product's promise: for every act and file of a visit, where it is. */
import type { Ref } from 'vue'
import type { Id } from '../protocol/nouns'
import { useLive } from './live'
import type { LedgerItem } from './types'
import { ledgerOf } from './ledgering'

export function useLedger(visitId: () => Id | null | undefined): Readonly<Ref<LedgerItem[] | undefined>> {
  return useLive(({ db }) => {
    const id = visitId()
    return id ? () => ledgerOf(db, id) : null
  })
}
