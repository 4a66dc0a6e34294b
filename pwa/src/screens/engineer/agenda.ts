/** The day's arithmetic: which visits are whose, what is due when, and in which list each one stands. Pure. */
import { isDone, isLive, isOpen } from '@/protocol/lifecycle'
import type { Id, SlaMilestoneBody } from '@/protocol/nouns'
import { isAwaited } from '@/protocol/promises'
import type { RowOf } from '@/store'
import { dayDistance } from '@/i18n'
import { kilometres, spotOf, type Spot } from './distance'

export interface Due { kind: SlaMilestoneBody['kind']; at: number }
export interface Entry {
  visit: RowOf<'visit'>
  order: RowOf<'work_order'> | undefined
  site: RowOf<'site'> | undefined
  due: Due | null
  /** From where one was last, as the crow flies; null when either place is not known. */
  km?: number | null
}
export const SORTS = ['slot', 'due', 'near'] as const
export type SortBy = (typeof SORTS)[number]
export interface Agenda { today: Entry[]; week: Entry[]; overdue: Entry[]; done: Entry[]; handedOver: Entry[] }

export function isMine(visit: RowOf<'visit'>, userId: Id): boolean {
  return Boolean(visit.handedOver) || visit.body.lead_id === userId || visit.body.helper_ids.includes(userId)
}

/** Of one's visits those a list shows: all that are open, and the last of those that are done. */
export function inSight(visits: readonly RowOf<'visit'>[], doneShown: number): RowOf<'visit'>[] {
  const open = visits.filter((visit) => visit.handedOver || isOpen(visit.body.state))
  const done = visits.filter((visit) => !visit.handedOver && isDone(visit.body.state))
  return [...open, ...done.toSorted((a, b) => finishedAt(b) - finishedAt(a)).slice(0, doneShown)]
}

/** The milestone to beat next. What this phone knows to be met counts as met, though the server has not heard yet. */
export function nextDue(visit: RowOf<'visit'>, milestones: readonly RowOf<'sla_milestone'>[]): Due | null {
  const { times } = visit.body
  const metHere: Partial<Record<Due['kind'], boolean>> = {
    confirm: true, // somebody was sent
    dispatch: true,
    plan: true, // has a card of its own
    respond: Boolean(times.accepted ?? times.travelling ?? times.arrived),
    arrive: Boolean(times.arrived),
    resolve: Boolean(times.work_done ?? times.submitted),
  }
  let next: Due | null = null
  for (const { body } of milestones) {
    if (metHere[body.kind] || !isAwaited(body, milestones)) continue
    const at = Date.parse(body.due_at)
    if (!Number.isNaN(at) && (!next || at < next.at)) next = { kind: body.kind, at }
  }
  return next
}

const slotStart = (entry: Entry) => Date.parse(entry.visit.body.slot_start) || Number.MAX_SAFE_INTEGER
const dueAt = (entry: Entry) => entry.due?.at ?? Number.MAX_SAFE_INTEGER
const away = (entry: Entry) => entry.km ?? Number.MAX_SAFE_INTEGER

/** The site one arrived at last, which is where one was, as far as this phone knows without asking satellites. */
export function lastArrival(entries: readonly Entry[]): Spot | null {
  const arrived = entries.filter(({ visit, site }) => visit.body.times.arrived && spotOf(site?.body))
    .sort((a, b) => (a.visit.body.times.arrived! < b.visit.body.times.arrived! ? 1 : -1))
  return spotOf(arrived[0]?.site?.body)
}

export function withDistance(entries: readonly Entry[], from: Spot | null): Entry[] {
  return entries.map((entry) => {
    const to = spotOf(entry.site?.body)
    return { ...entry, km: from && to && entry.visit.body.mode !== 'remote' ? kilometres(from, to) : null }
  })
}

/** What one is doing comes first, whatever the sorting; then by slot, by deadline or by the way there. */
export function compare(sortBy: SortBy): (a: Entry, b: Entry) => number {
  const ways = { slot: [slotStart, dueAt], due: [dueAt, slotStart], near: [away, slotStart] } as const
  const [first, second] = ways[sortBy]
  return (a, b) =>
    Number(isLive(b.visit.body.state)) - Number(isLive(a.visit.body.state)) ||
    first(a) - first(b) || second(a) - second(b) || (a.visit.id < b.visit.id ? -1 : 1)
}

/** Late: its deadline has passed, or its slot has and nobody has set out. */
export function isOverdue(entry: Entry, now: number): boolean {
  const { state, slot_end } = entry.visit.body
  if (!isOpen(state)) return false
  if (entry.due && entry.due.at < now) return true
  return !isLive(state) && Date.parse(slot_end) < now
}

/** Every open visit is in today's or the week's list, and in the overdue list as well when it is late. */
export function arrange(entries: readonly Entry[], sortBy: SortBy, now: number): Agenda {
  const agenda: Agenda = { today: [], week: [], overdue: [], done: [], handedOver: [] }
  for (const entry of entries) {
    const { visit } = entry
    if (visit.handedOver) agenda.handedOver.push(entry)
    else if (isOpen(visit.body.state)) {
      const isToday = isLive(visit.body.state) || dayDistance(visit.body.slot_start, now) <= 0
      agenda[isToday ? 'today' : 'week'].push(entry)
      if (isOverdue(entry, now)) agenda.overdue.push(entry)
    } else if (isDone(visit.body.state)) agenda.done.push(entry)
  }
  for (const list of [agenda.today, agenda.week, agenda.overdue]) list.sort(compare(sortBy))
  agenda.done.sort((a, b) => finishedAt(b.visit) - finishedAt(a.visit))
  return agenda
}

function finishedAt(visit: RowOf<'visit'>): number {
  return Date.parse(visit.body.times.submitted ?? visit.body.slot_end) || 0
}
