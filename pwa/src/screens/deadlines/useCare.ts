/** Everything that is said about one work order's deadlines, and who one is to it. */
import { computed, type ComputedRef, type Ref } from 'vue'
import ladder from '@rules/ladder.json'
import type { Id, Noun } from '@/protocol/nouns'
import { isEnded } from '@/protocol/lifecycle'
import { isOutstanding } from '@/protocol/promises'
import { hasOffice } from '@/roles'
import { current } from '@/session'
import { useRow, useRows, type RowOf } from '@/store'

export interface Care {
  order: ComputedRef<RowOf<'work_order'> | null | undefined>
  /** All of it has been read: what is shown from now on does not jump. */
  loaded: ComputedRef<boolean>
  milestones: ComputedRef<RowOf<'sla_milestone'>[]>
  /** Those still waited for, the next first. */
  outstanding: ComputedRef<RowOf<'sla_milestone'>[]>
  holds: ComputedRef<RowOf<'hold'>[]>
  delays: ComputedRef<RowOf<'delay_declaration'>[]>
  plans: ComputedRef<RowOf<'resolution_plan'>[]>
  helps: ComputedRef<RowOf<'escalation'>[]>
  feedbacks: ComputedRef<RowOf<'feedback'>[]>
  ended: ComputedRef<boolean>
  isOffice: ComputedRef<boolean>
  has: (roles: readonly string[]) => boolean
  nameOf: (id: Id | null | undefined) => string
}

export function useCare(orderId: () => Id): Care {
  const order = useRow('work_order', orderId)
  const read: Readonly<Ref<unknown>>[] = []
  const under = <N extends Noun>(noun: N): ComputedRef<RowOf<N>[]> => {
    const rows = useRows(noun, () => (orderId() ? { index: 'work_order_id', value: orderId() } : null))
    read.push(rows)
    return computed(() => [...(rows.value ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1)))
  }
  const milestones = under('sla_milestone')
  const users = useRows('user')
  const names = computed(() => new Map((users.value ?? []).map((row) => [row.id, row.body.name])))
  const roles = computed(() => current.value?.roles ?? [])
  return {
    order: computed(() => order.value), milestones,
    loaded: computed(() => Boolean(order.value) && read.every((rows) => rows.value !== undefined)),
    outstanding: computed(() => milestones.value.filter(({ body }) => isOutstanding(body, milestones.value))
      .sort((a, b) => a.body.due_at.localeCompare(b.body.due_at))),
    holds: under('hold'), delays: under('delay_declaration'), plans: under('resolution_plan'), helps: under('escalation'),
    feedbacks: under('feedback'),
    ended: computed(() => !order.value || isEnded(order.value.body.state)),
    isOffice: computed(() => hasOffice(roles.value)),
    has: (wanted) => roles.value.some((role) => wanted.includes(role)),
    nameOf: (id) => names.value.get(id ?? '') ?? '',
  }
}

export const mayApprovePlan = (care: Care): boolean => care.has(ladder.plan[String(care.order.value?.body.level ?? 3) as '1'] ?? [])
