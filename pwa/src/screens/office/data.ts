/**
 * What every office screen looks at, read once by the shell and shared: the board, the drawer, the dispatch dialog and
 * the trays show the same rows at the same moment, and changing the screen reads nothing again.
 */
import { computed, inject, provide, type ComputedRef, type InjectionKey, type Ref } from 'vue'
import { useNow } from '@/i18n'
import { attentionOf, type AttentionItem } from '@/office/attention'
import { cardsOf, type Card } from '@/office/board'
import { fieldOf, type Field, type Shift } from '@/office/choosing'
import { alarmsOf, withWork, type Alarm } from '@/office/heartbeat'
import { APP_VERSION } from '@/version'
import { minutesSince, phonesByUser, type Phone } from '@/office/phones'
import { lastSeen, type LastSeen } from '@/office/places'
import { shiftsOf } from '@/office/roster'
import { byId, groupBy } from '@/office/rows'
import type { Noun } from '@/protocol/nouns'
import { useRows, useSyncStatus, type RowOf, type SyncStatus } from '@/store'

/** Facts small enough to be looked through for late ones; signatures and answers are asked for by visit instead. */
const LIGHT_FACTS = ['diagnosis', 'part_use', 'checklist_run', 'note', 'waiver', 'defect', 'quotation', 'charge', 'message_slip', 'custody', 'rebooking'] as const
const HEAVY_FACTS = ['checklist_answer', 'signature'] as const

type RowMap<N extends Noun> = ComputedRef<Map<string, RowOf<N>>>
export type LateFact = RowOf<(typeof LIGHT_FACTS)[number] | (typeof HEAVY_FACTS)[number] | 'attachment'>

/** A desk that has heard nothing for so long says so, even if no request has failed yet. */
const CUT_MINUTES = 2

export interface Office {
  now: Readonly<Ref<number>>
  status: Readonly<Ref<SyncStatus | undefined>>
  /** Minutes since this desk last heard the server; null when it never did. */
  age: ComputedRef<number | null>
  /** Whether what is shown may be old, because the server cannot be reached. */
  cut: ComputedRef<boolean>
  /** False until the store has answered for everything a board needs: a first sync's empty board is not an idle day. */
  loaded: ComputedRef<boolean>
  visits: ComputedRef<RowOf<'visit'>[]>
  visit: RowMap<'visit'>
  order: RowMap<'work_order'>
  user: RowMap<'user'>
  team: RowMap<'team'>
  catalogue: ComputedRef<RowOf<'catalogue_entry'>[]>
  reviews: ComputedRef<RowOf<'review_item'>[]>
  conflicts: ComputedRef<RowOf<'conflict'>[]>
  lateFacts: ComputedRef<LateFact[]>
  phone: ComputedRef<Map<string, Phone>>
  /** By user: what to worry about on their phones. */
  alarms: ComputedRef<Map<string, Alarm[]>>
  cards: ComputedRef<Card[]>
  site: RowMap<'site'>
  /** By user: where evidence last puts them. */
  seen: ComputedRef<Map<string, LastSeen>>
  shifts: ComputedRef<Shift[]>
  /** What choosing somebody is weighed with. */
  field: ComputedRef<Field>
  attention: ComputedRef<AttentionItem[]>
}

const KEY: InjectionKey<Office> = Symbol('office')

const map = <N extends Noun>(rows: Readonly<Ref<RowOf<N>[] | undefined>>): RowMap<N> => computed(() => byId(rows.value))

/** Late evidence is only ever recorded for visits that were taken away or ended, which bounds what is read for it. */
function useLateFacts(visits: Readonly<Ref<RowOf<'visit'>[] | undefined>>, attachments: Readonly<Ref<RowOf<'attachment'>[] | undefined>>) {
  const gone = computed(() => (visits.value ?? []).filter((v) => v.body.state === 'cancelled' || v.body.state === 'declined').map((v) => v.id).join())
  const where = () => (gone.value ? { index: 'visit_id' as const, value: gone.value.split(',') } : null)
  const light = LIGHT_FACTS.map((noun) => useRows(noun))
  const heavy = HEAVY_FACTS.map((noun) => useRows(noun, where))
  return computed(() => {
    const lists: (LateFact[] | undefined)[] = [attachments.value, ...light.map((l) => l.value), ...heavy.map((h) => h.value)]
    return lists.flatMap((list) => (list ?? []).filter((row) => row.body.late_state === 'open' && !row.body.withdrawn))
  })
}

export function provideOffice(): Office {
  const now = useNow(15_000)
  const status = useSyncStatus()
  const age = computed(() => minutesSince(status.value?.lastContactAt, now.value))
  const visits = useRows('visit')
  const orders = useRows('work_order')
  const milestones = useRows('sla_milestone')
  const attachments = useRows('attachment')
  const reviewRows = useRows('review_item')
  const conflictRows = useRows('conflict')
  const rebookings = useRows('rebooking')
  const phones = useRows('phone_status')
  const users = useRows('user')
  const teams = useRows('team')
  const catalogueRows = useRows('catalogue_entry')
  const site = map(useRows('site'))
  const shiftRows = useRows('duty_shift')
  const shifts = computed(() => shiftsOf(shiftRows.value ?? []))
  const visitList = computed(() => visits.value ?? [])
  const reviews = computed(() => reviewRows.value ?? [])
  const conflicts = computed(() => conflictRows.value ?? [])
  const order = map(orders)
  const user = map(users)
  const lateFacts = useLateFacts(visits, attachments)
  const alarms = computed(() => {
    const busy = withWork(visitList.value)
    return new Map([...groupBy(phones.value ?? [], (row) => row.body.user_id)]
      .map(([id, rows]) => [id, alarmsOf(rows, busy.has(id), APP_VERSION, now.value)] as const).filter(([, found]) => found.length))
  })
  const seen = computed(() => lastSeen(visitList.value, attachments.value ?? [], site.value))
  const office: Office = {
    site, seen, shifts, field: computed(() => fieldOf(visitList.value, site.value, seen.value, shifts.value)),
    alarms, now, status, age, order, user, reviews, conflicts, lateFacts, visits: visitList, visit: map(visits), team: map(teams),
    cut: computed(() => status.value?.contact === 'failed' || (age.value !== null && age.value >= CUT_MINUTES)),
    loaded: computed(() => Boolean(visits.value && orders.value && users.value && phones.value && teams.value)
      && (visitList.value.length > 0 || status.value?.firstSync.complete === true)),
    catalogue: computed(() => catalogueRows.value ?? []),
    phone: computed(() => phonesByUser(phones.value ?? [], now.value)),
    cards: computed(() => cardsOf({
      visits: visitList.value, orders: order.value, milestones: milestones.value ?? [], attachments: attachments.value ?? [],
      lateFacts: lateFacts.value, reviews: reviews.value, conflicts: conflicts.value, phones: phones.value ?? [], users: user.value,
    }, now.value)),
    attention: computed(() => attentionOf({
      reviews: reviews.value, conflicts: conflicts.value, lateFacts: lateFacts.value, visits: visitList.value, users: user.value, rebookings: rebookings.value ?? [],
      orders: order.value, alarms: alarms.value,
    })),
  }
  provide(KEY, office)
  return office
}

export function useOffice(): Office {
  const office = inject(KEY)
  if (!office) throw new Error('office screens live inside OfficeShell')
  return office
}
