/** Visits that were taken away: the office cancels and reassigns while a phone is in a pocket, and someone drives there. */
import { isOpen } from '@/protocol/lifecycle'
import type { Id } from '@/protocol/nouns'
import { computed, ref, watch, type Ref } from 'vue'
import type { Entry } from './agenda'

export interface Lost { id: Id; title: string }
export interface Seen { open: Lost[]; lost: Lost[] }

/** What was open and is not on the phone any more is lost until somebody has read it; what came back is not. */
export function follow(before: Seen, entries: readonly Entry[]): Seen {
  const here = new Set(entries.map(({ visit }) => visit.id))
  const open = entries.filter(({ visit }) => isOpen(visit.body.state) && !visit.handedOver)
    .map(({ visit, order }) => ({ id: visit.id, title: order?.body.site_name || order?.body.title || '' }))
  const away = before.open.filter(({ id }) => !here.has(id))
  const lost = [...before.lost.filter(({ id }) => !here.has(id) && !away.some((one) => one.id === id)), ...away]
  return { open, lost: lost.filter(({ title }) => title) }
}

const EMPTY: Seen = { open: [], lost: [] }

function read(key: string): Seen {
  try {
    return { ...EMPTY, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Seen>) }
  } catch {
    return EMPTY
  }
}

/** The lost visits of this person, kept until read; `entries` is undefined until the list is known to be whole. */
export function useLost(userId: () => Id | undefined, entries: Readonly<Ref<readonly Entry[] | undefined>>) {
  const seen = ref<Seen>(EMPTY)
  const key = () => `xunxiu.seen.${userId() ?? ''}`
  function keep(next: Seen): void {
    seen.value = next
    localStorage.setItem(key(), JSON.stringify(next))
  }
  watch(entries, (now) => {
    if (now && userId()) keep(follow(read(key()), now))
  }, { immediate: true })
  return { lost: computed(() => seen.value.lost), dismiss: () => keep({ ...seen.value, lost: [] }) }
}
