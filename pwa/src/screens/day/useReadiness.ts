/** The readiness of the phone and of visits, live: it turns green by itself when the last row has come. */
import { computed, onMounted, ref, type ComputedRef } from 'vue'
import { dayDistance } from '@/i18n'
import { byId, groupRows } from '@/components/group'
import { useCount, useRows, useSyncStatus, type RowOf } from '@/store'
import { missing, phoneChecks, visitChecks, type Check } from './readiness'

export interface Readiness {
  /** Undefined until everything that is looked at has been read. */
  phone: ComputedRef<Check[] | undefined>
  of: ComputedRef<(visit: RowOf<'visit'>) => Check[]>
  ready: ComputedRef<boolean>
}

export function useReadiness(visits: () => readonly RowOf<'visit'>[], now: () => number): Readiness {
  const status = useSyncStatus()
  const [prices, catalogue, articles] = [useCount('price_item'), useCount('catalogue_entry'), useCount('article')]
  const [orders, sites, versions, cards, milestones] = [
    useRows('work_order'), useRows('site'), useRows('checklist_version'), useRows('contact_card'), useRows('sla_milestone'),
  ]
  const assets = useRows('asset', () => {
    const value = [...new Set(visits().map((visit) => visit.body.site_id))]
    return value.length ? { index: 'site_id', value } : null
  })
  const worker = ref(true)
  onMounted(() => { worker.value = Boolean(navigator.serviceWorker?.controller) })

  const phone = computed(() => {
    const known = status.value
    const counts = [prices.value, catalogue.value, articles.value]
    if (!known || counts.some((count) => count === undefined)) return undefined
    return phoneChecks({
      worker: worker.value, firstSync: known.firstSync.complete, persisted: known.persisted, lastContactAt: known.lastContactAt,
      prices: prices.value!, catalogue: catalogue.value!, articles: articles.value!,
    })
  })
  const of = computed(() => {
    const [orderOf, siteOf] = [byId(orders.value), byId(sites.value)]
    const assetIds = new Set((assets.value ?? []).map(({ id }) => id))
    const checklistCodes = new Set((versions.value ?? []).map(({ body }) => body.code))
    const dues = groupRows(milestones.value ?? [], ({ body }) => body.work_order_id)
    const known = new Set((cards.value ?? []).map(({ body }) => body.visit_id))
    return (visit: RowOf<'visit'>) => visitChecks({
      visit, order: orderOf.get(visit.body.work_order_id), site: siteOf.get(visit.body.site_id), assetIds, checklistCodes,
      settled: status.value?.firstSync.complete ?? false, milestones: dues.get(visit.body.work_order_id)?.length ?? 0,
      hasContact: known.has(visit.id), due: dayDistance(visit.body.slot_start, now()) <= 0,
    })
  })
  const loaded = computed(() => [orders, sites, versions, cards, milestones].every((rows) => rows.value !== undefined)
    && (assets.value !== undefined || visits().length === 0))
  return {
    phone: computed(() => (loaded.value ? phone.value : undefined)),
    of,
    ready: computed(() => Boolean(loaded.value && phone.value) && !missing(phone.value!).length && visits().every((visit) => !missing(of.value(visit)).length)),
  }
}
