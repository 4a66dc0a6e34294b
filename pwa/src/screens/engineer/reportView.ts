/** The report of a visit as it stands on this phone, and what was signed or waived. */
import { computed, type ComputedRef } from 'vue'
import type { Id } from '@/protocol/nouns'
import { reportContent, type CatalogueName, type ReportContent, type ReportRow, type ReportView } from '@/protocol/report'
import { useRow, useRows, type RowOf } from '@/store'

const flat = (row: { id: string; body: object }): ReportRow => ({ ...row.body, id: row.id }) as ReportRow
const all = (rows: readonly { id: string; body: object }[] | undefined) => (rows ?? []).map(flat)

export interface VisitReport {
  /** Undefined until everything it is made of has been read: a half report must never be shown, let alone signed. */
  content: ComputedRef<ReportContent | undefined>
  signatures: ComputedRef<ReportRow[]>
  waivers: ComputedRef<ReportRow[]>
  reasons: ComputedRef<Record<string, CatalogueName>>
  attachments: ComputedRef<readonly RowOf<'attachment'>[]>
}

export function useVisitReport(visitId: Id): VisitReport {
  const here = () => ({ index: 'visit_id' as const, value: visitId })
  const visit = useRow('visit', () => visitId)
  const order = useRow('work_order', () => visit.value?.body.work_order_id)
  const site = useRow('site', () => visit.value?.body.site_id)
  const diagnoses = useRows('diagnosis', here)
  const [partUses, attachments, runs, answers, notes] = [
    useRows('part_use', here), useRows('attachment', here), useRows('checklist_run', here),
    useRows('checklist_answer', here), useRows('note', here),
  ]
  const [charges, quotations, custodies, slips] = [
    useRows('charge', here), useRows('quotation', here), useRows('custody', here), useRows('message_slip', here),
  ]
  const defects = useRows('defect', () => (visit.value ? { index: 'site_id', value: visit.value.body.site_id } : null))
  const [signatures, waivers] = [useRows('signature', here), useRows('waiver', here)]
  const [versions, users, entries] = [useRows('checklist_version'), useRows('user'), useRows('catalogue_entry')]
  const diagnosis = computed(() => diagnoses.value?.find((row) => !row.body.withdrawn))
  const assetId = computed(() => diagnosis.value?.body.asset_id ?? order.value?.body.asset_id ?? null)
  const asset = useRow('asset', () => assetId.value)

  const catalogue = computed(() => {
    const byKind: Record<string, Record<string, CatalogueName>> = {}
    for (const { body } of entries.value ?? []) {
      (byKind[body.kind] ??= {})[body.code] = { name: body.name, name_en: body.name_en }
    }
    return byKind
  })
  const view = computed<ReportView | undefined>(() => {
    const parts = [diagnoses, partUses, attachments, runs, answers, notes, versions, users, entries, defects, charges, quotations, custodies, slips]
    const ready = visit.value && order.value && site.value !== undefined && parts.every((rows) => rows.value !== undefined)
    if (!ready || (assetId.value && asset.value === undefined)) return undefined
    return {
      work_order: flat(order.value!),
      visit: flat(visit.value!),
      site: site.value ? flat(site.value) : null,
      asset: asset.value ? flat(asset.value) : null,
      diagnosis: diagnosis.value ? flat(diagnosis.value) : null,
      part_uses: all(partUses.value),
      checklist_runs: runs.value!.map((run) => ({
        ...flat(run),
        version: { ...versions.value!.find((row) => row.id === run.body.version_id)?.body },
        answers: all(answers.value!.filter((row) => row.body.run_id === run.id)),
      })),
      defects: all(defects.value),
      charges: all(charges.value),
      quotations: all(quotations.value),
      custodies: all(custodies.value),
      slips: all(slips.value),
      attachments: all(attachments.value),
      notes: all(notes.value),
      users: Object.fromEntries(users.value!.map((row) => [row.id, { name: row.body.name, name_en: row.body.name_en }])),
      catalogue: catalogue.value,
    }
  })
  return {
    content: computed(() => view.value && reportContent(view.value)),
    signatures: computed(() => all(signatures.value)),
    waivers: computed(() => all(waivers.value)),
    reasons: computed(() => catalogue.value.waive_reason ?? {}),
    attachments: computed(() => attachments.value ?? []),
  }
}
