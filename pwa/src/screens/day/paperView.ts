/** What a paper made on this visit says of where it was made. */
import { computed, type ComputedRef } from 'vue'
import { dayKey } from '@/i18n'
import type { PaperView } from '@/protocol/money'
import type { Id } from '@/protocol/nouns'
import { current } from '@/session'
import { useRow, useRows } from '@/store'
import { useVisit, type VisitFacts } from '../engineer/visit'

export interface PaperFacts extends VisitFacts {
  assetId: ComputedRef<Id | null>
  asset: ReturnType<typeof useRow<'asset'>>
  view: (on?: Date) => PaperView
}

export function usePaper(id: Id): PaperFacts {
  const facts = useVisit(() => id)
  const diagnoses = useRows('diagnosis', () => ({ index: 'visit_id', value: id }))
  const user = useRow('user', () => current.value?.userId)
  const assetId = computed(() => diagnoses.value?.find((row) => !row.body.withdrawn)?.body.asset_id ?? facts.order.value?.body.asset_id ?? null)
  const asset = useRow('asset', () => assetId.value)
  const view = (on = new Date()): PaperView => ({
    order: facts.order.value?.body ?? {}, site: facts.site.value?.body ?? null, asset: asset.value?.body ?? null,
    engineer: user.value?.body ?? { name: current.value?.name ?? '' }, on: dayKey(on),
  })
  return { ...facts, assetId, asset, view }
}
