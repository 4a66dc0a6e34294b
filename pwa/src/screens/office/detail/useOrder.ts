/** Everything under one work order. It is one scope, so one index finds each noun of it. */
import { computed, type Ref } from 'vue'
import type { Noun } from '@/protocol/nouns'
import { useRow, useRows, type RowOf } from '@/store'

export interface OrderRows {
  order: Readonly<Ref<RowOf<'work_order'> | null | undefined>>
  site: Readonly<Ref<RowOf<'site'> | null | undefined>>
  asset: Readonly<Ref<RowOf<'asset'> | null | undefined>>
  milestones: Readonly<Ref<RowOf<'sla_milestone'>[]>>
  visits: Readonly<Ref<RowOf<'visit'>[]>>
  events: Readonly<Ref<RowOf<'event'>[]>>
  diagnoses: Readonly<Ref<RowOf<'diagnosis'>[]>>
  parts: Readonly<Ref<RowOf<'part_use'>[]>>
  files: Readonly<Ref<RowOf<'attachment'>[]>>
  runs: Readonly<Ref<RowOf<'checklist_run'>[]>>
  answers: Readonly<Ref<RowOf<'checklist_answer'>[]>>
  signatures: Readonly<Ref<RowOf<'signature'>[]>>
  waivers: Readonly<Ref<RowOf<'waiver'>[]>>
  notes: Readonly<Ref<RowOf<'note'>[]>>
  conflicts: Readonly<Ref<RowOf<'conflict'>[]>>
}

export function useOrder(id: () => string): OrderRows {
  const under = <N extends Noun>(noun: N): Readonly<Ref<RowOf<N>[]>> => {
    const rows = useRows(noun, () => ({ index: 'scope', value: `wo:${id()}` }))
    return computed(() => rows.value ?? [])
  }
  const order = useRow('work_order', id)
  return {
    order,
    site: useRow('site', () => order.value?.body.site_id),
    asset: useRow('asset', () => order.value?.body.asset_id),
    milestones: under('sla_milestone'), visits: under('visit'), events: under('event'), diagnoses: under('diagnosis'),
    parts: under('part_use'), files: under('attachment'), runs: under('checklist_run'), answers: under('checklist_answer'),
    signatures: under('signature'), waivers: under('waiver'), notes: under('note'), conflicts: under('conflict'),
  }
}
