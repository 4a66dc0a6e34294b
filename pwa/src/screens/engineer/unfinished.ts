/** What this visit asks for and nobody has finished: to be told before the customer signs, not when the office asks. */
import { computed, type ComputedRef } from 'vue'
import { localName, t } from '@/i18n'
import { checklistState, defectsOf, latestAnswers, type ChecklistItem } from '@/protocol/checklist'
import { useRows, type RowOf } from '@/store'

export interface Unfinished { code: string; label: string; words: string; to: string }

/** The asked-for checklists that are not completed, with how much each still misses. */
export function useUnfinished(visit: () => RowOf<'visit'> | null | undefined): ComputedRef<Unfinished[]> {
  const here = () => ({ index: 'visit_id' as const, value: visit()?.id ?? '' })
  const runs = useRows('checklist_run', here)
  const answers = useRows('checklist_answer', here)
  const attachments = useRows('attachment', here)
  const defects = useRows('defect', () => ({ index: 'site_id', value: visit()?.body.site_id ?? '' }))
  const versions = useRows('checklist_version')

  function missing(run: RowOf<'checklist_run'>, items: ChecklistItem[]): number {
    const mine = (answers.value ?? []).filter((row) => row.body.run_id === run.id).map((row) => ({ ...row.body, id: row.id }))
    const photos = (attachments.value ?? []).map((row) => ({ ...row.body, id: row.id }))
    const found = defectsOf((defects.value ?? []).map((row) => ({ ...row.body, id: row.id })), run.id)
    return new Set(checklistState(items, latestAnswers(mine, photos, found)).missing.map((miss) => miss.item)).size
  }
  return computed(() => {
    const row = visit()
    if (!row || !runs.value || !versions.value) return []
    const base = `/visits/${row.id}/checklists`
    return row.body.checklist_codes.flatMap((code) => {
      const of = runs.value!.filter((run) => run.body.code === code && !run.body.withdrawn)
      if (of.some((run) => run.body.state === 'completed')) return []
      const run = of.at(-1)
      const known = versions.value!.filter((version) => version.body.code === code)
      const version = known.find(({ id }) => id === run?.body.version_id) ?? known.toSorted((a, b) => b.body.version - a.body.version)[0]
      // A checklist this phone has never heard of cannot be filled here, so it is not asked for.
      if (!version) return []
      const n = run ? missing(run, version.body.items as ChecklistItem[]) : 0
      const words = !run ? t('unfinished.not_started') : n ? t('checklist.complete_missing', { n }) : t('unfinished.not_completed')
      return [{ code, label: localName(version.body), words, to: run ? `${base}/${run.id}` : base }]
    })
  })
}
