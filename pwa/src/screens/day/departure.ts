/** The departure checklist 出发清单: which one, whether it was gone through today, and when to leave. */
import { computed, type ComputedRef } from 'vue'
import { dayKey } from '@/i18n'
import { current } from '@/session'
import { useRows, type RowOf } from '@/store'

export interface DepartureList {
  version: ComputedRef<RowOf<'checklist_version'> | null | undefined>
  /** When this person last went through it today, on whichever visit: a van is packed once a day. */
  doneAt: ComputedRef<string | null>
  /** Whether setting out leads by way of the list. Undefined until that is known. */
  asked: ComputedRef<boolean | undefined>
}

export function useDeparture(now: () => number): DepartureList {
  const versions = useRows('checklist_version', () => ({ index: 'kind', value: 'departure' }))
  const runs = useRows('checklist_run')
  const version = computed(() => versions.value && (versions.value.toSorted((a, b) => b.body.version - a.body.version)[0] ?? null))
  const doneAt = computed(() => {
    const code = version.value?.body.code
    const mine = (runs.value ?? []).filter(({ body }) => body.code === code && !body.withdrawn
      && (body.created_by === null || body.created_by === current.value?.userId) && body.device_at && dayKey(body.device_at) === dayKey(now()))
    return mine.map(({ body }) => body.device_at!).sort().at(-1) ?? null
  })
  return {
    version, doneAt,
    asked: computed(() => (versions.value === undefined || runs.value === undefined ? undefined : Boolean(version.value) && !doneAt.value)),
  }
}
