/** What every screen of a visit knows about it. */
import { computed, type ComputedRef, type Ref } from 'vue'
import type { Id } from '@/protocol/nouns'
import { shared, useRow, useRows, type RowOf } from '@/store'
import { current } from '@/session'

export interface VisitFacts {
  visit: Readonly<Ref<RowOf<'visit'> | null | undefined>>
  order: Readonly<Ref<RowOf<'work_order'> | null | undefined>>
  site: Readonly<Ref<RowOf<'site'> | null | undefined>>
  isLead: ComputedRef<boolean>
  /** Whether this person may add facts: they are of the crew, or were until a moment ago. */
  isCrew: ComputedRef<boolean>
  /** Crew, and the visit is not over: what was declined or reviewed is no longer written to from here. */
  canRecord: ComputedRef<boolean>
  /** The customer has signed: what changes now is marked as changed after signing. */
  isSigned: ComputedRef<boolean>
  title: ComputedRef<string>
}

const OVER: ReadonlySet<string> = new Set(['declined', 'reviewed'])
const BEFORE_SIGNED: ReadonlySet<string> = new Set(['returned', 'cancelled'])

export function useVisit(id: () => Id): VisitFacts {
  const visit = useRow('visit', id)
  const order = useRow('work_order', () => visit.value?.body.work_order_id)
  const site = useRow('site', () => visit.value?.body.site_id)
  const isLead = computed(() => Boolean(visit.value) && visit.value?.body.lead_id === current.value?.userId)
  const isCrew = computed(
    () => isLead.value || Boolean(visit.value?.body.helper_ids.includes(current.value?.userId ?? '')),
  )
  const title = computed(() => order.value?.body.site_name ?? site.value?.body.name ?? '')
  const canRecord = computed(() => isCrew.value && !OVER.has(visit.value?.body.state ?? 'declined'))
  const isSigned = computed(() => Boolean(visit.value?.body.times.signed) && !BEFORE_SIGNED.has(visit.value!.body.state))
  return { visit, order, site, isLead, isCrew, canRecord, isSigned, title }
}

type Catalogue = (kind: string, code: string | null | undefined) => RowOf<'catalogue_entry'> | undefined

/** The catalogue's words for codes: a function from kind and code to the entry. Read once for all cards of a screen. */
export const useCatalogue = shared((): ComputedRef<Catalogue> => {
  const rows = useRows('catalogue_entry')
  return computed(() => {
    const byCode = new Map((rows.value ?? []).map((row) => [`${row.body.kind}:${row.body.code}`, row]))
    return (kind, code) => (code ? byCode.get(`${kind}:${code}`) : undefined)
  })
})
