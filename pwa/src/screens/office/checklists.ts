/** Which checklists there are, and which fit a kind of work. */
import { computed } from 'vue'
import { useRows, type RowOf } from '@/store'

export function useChecklists() {
  const versions = useRows('checklist_version')
  /** One line per checklist, its newest version: a visit names the checklist, the phone pins the version when it starts. */
  const checklists = computed(() => {
    const newest = new Map<string, RowOf<'checklist_version'>>()
    for (const row of versions.value ?? []) {
      const known = newest.get(row.body.code)
      if (!known || row.body.version > known.body.version) newest.set(row.body.code, row)
    }
    return [...newest.values()]
  })
  function fitting(kind: string): string[] {
    const kinds = kind === 'repair' ? ['departure', 'repair'] : ['departure', kind]
    return checklists.value.filter((row) => kinds.includes(row.body.kind)).map((row) => row.body.code)
  }
  return { checklists, fitting }
}
