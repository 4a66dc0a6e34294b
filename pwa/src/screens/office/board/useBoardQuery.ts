/** The board's filters live in the address, so that a view can be bookmarked, sent to a colleague and gone back to. */
import { computed } from 'vue'
import { useRoute, useRouter, type LocationQueryRaw } from 'vue-router'
import type { Filters, Range } from '@/office/board'
import { dayOf, isDay } from '@/office/days'

export const SPANS = [1, 3, 7] as const
export const VIEWS = ['lanes', 'kanban', 'timeline', 'list', 'map'] as const
export type ViewName = (typeof VIEWS)[number]

export function useBoardQuery(now: () => number) {
  const route = useRoute()
  const router = useRouter()
  const text = (key: string): string => (typeof route.query[key] === 'string' ? route.query[key] : '')

  const filters = computed<Filters>(() => ({
    team: text('team'), state: text('state'), level: text('level'), kind: text('kind'), text: text('q'), risk: text('risk') === '1',
  }))
  const range = computed<Range>(() => {
    const day = text('day')
    const days = Number(text('days'))
    return { from: isDay(day) ? day : dayOf(now()), days: (SPANS as readonly number[]).includes(days) ? days : 1 }
  })
  const view = computed<ViewName>(() => VIEWS.find((v) => v === text('view')) ?? 'lanes')
  const sort = computed(() => text('sort') || 'slot')
  const orderId = computed(() => text('wo') || null)
  const visitId = computed(() => text('visit') || null)

  /** Empty values leave the address. Typing replaces, opening a card is a step one can go back from. */
  function set(change: Record<string, string | number | boolean | null>, step = false): void {
    const query: LocationQueryRaw = { ...route.query }
    for (const [key, value] of Object.entries(change)) {
      if (value === '' || value === null || value === false) delete query[key]
      else query[key] = value === true ? '1' : String(value)
    }
    void (step ? router.push({ query }) : router.replace({ query }))
  }
  return { filters, range, view, sort, orderId, visitId, set }
}
