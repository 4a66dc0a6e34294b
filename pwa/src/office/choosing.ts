/**
 * Whom to send, weighed: what somebody can, has that day, where they come from, whether they are there at all, and what
 * the slot would clash with. Nothing is hidden and nobody is ruled out: only a dispatcher knows that the site next door
 * takes ten minutes.
 */
import type { Id, Instant, VisitState } from '@/protocol/nouns'
import { dayOf, overlaps, type Slot } from './days'
import { kilometres, pointOf, travelMinutes, type LastSeen } from './places'
import type { Held } from './rows'

/** A visit in these states takes no more of anybody's day. */
export const TAKES_NO_TIME: ReadonlySet<VisitState> = new Set(['declined', 'cancelled', 'submitted', 'reviewed'])
/** A planned day is full at eight hours. */
export const FULL_DAY_MINUTES = 480
/** A place somebody was at longer ago says nothing about where they set out from. */
const SEEN_HOURS = 12

/** Of the roster: a duty, or days away. */
export interface Shift { userId: Id; kind: string; start: Instant; end: Instant; vehicle: string }

export interface Field {
  /** Of each engineer, as lead or helper, by their start. */
  byUser: ReadonlyMap<Id, readonly Held<'visit'>[]>
  sites: ReadonlyMap<Id, Held<'site'>>
  seen: ReadonlyMap<Id, LastSeen>
  shifts: ReadonlyMap<Id, readonly Shift[]>
}

export interface Clash { visitId: Id; workOrderId: Id; start: Instant; end: Instant }

export interface Weighed {
  /** `any`: nothing is known that it would take. */
  skill: 'fits' | 'lacks' | 'any'
  visits: number
  minutes: number
  clashes: Clash[]
  leave: Shift | null
  duty: Shift | null
  km: number | null
  /** Where the way is measured from. */
  from: 'before' | 'seen' | null
  /** Minutes missing between the visit before and this one, by the way between them. */
  short: number
  /** What the plan says of them: it would rather send this very person, or their team. */
  preferred: 'person' | 'team' | null
}

/** Whom the plans behind an order would rather send. */
export interface Preferred { leadIds: readonly Id[]; teamIds: readonly Id[] }
export interface Wanted extends Slot { siteId: Id | null; mode: 'on_site' | 'remote'; skill: string; except: Id | null; preferred?: Preferred }

/** Of the plans whose occurrences an order was made for. */
export function preferredBy(occurrences: readonly Held<'plan_occurrence'>[], plans: readonly Held<'maintenance_plan'>[]): Preferred {
  const made = new Set(occurrences.map(({ body }) => body.plan_id))
  const own = plans.filter((plan) => made.has(plan.id)).map(({ body }) => body)
  return { leadIds: own.flatMap((plan) => plan.lead_id ?? []), teamIds: own.flatMap((plan) => plan.team_id ?? []) }
}

export function fieldOf(
  visits: readonly Held<'visit'>[], sites: ReadonlyMap<Id, Held<'site'>>, seen: ReadonlyMap<Id, LastSeen>,
  shifts: readonly Shift[] = [],
): Field {
  const byUser = new Map<Id, Held<'visit'>[]>()
  const add = (userId: Id | null, visit: Held<'visit'>): void => {
    if (!userId) return
    const known = byUser.get(userId)
    if (known) known.push(visit)
    else byUser.set(userId, [visit])
  }
  for (const visit of visits) {
    if (TAKES_NO_TIME.has(visit.body.state)) continue
    for (const userId of new Set([visit.body.lead_id, ...visit.body.helper_ids])) add(userId, visit)
  }
  for (const own of byUser.values()) own.sort((a, b) => (a.body.slot_start < b.body.slot_start ? -1 : 1))
  const byPerson = new Map<Id, Shift[]>()
  for (const shift of shifts) byPerson.set(shift.userId, [...(byPerson.get(shift.userId) ?? []), shift])
  return { byUser, sites, seen, shifts: byPerson }
}

const minutesOf = (start: Instant, end: Instant): number => (Date.parse(end) - Date.parse(start)) / 60_000

export function weigh(userId: Id, skills: readonly string[], wanted: Wanted, field: Field, now: number, teamId: Id | null = null): Weighed {
  const own = (field.byUser.get(userId) ?? []).filter((v) => v.id !== wanted.except)
  const day = dayOf(wanted.start)
  const today = own.filter((v) => dayOf(v.body.slot_start) === day)
  const clashes = own.filter((v) => overlaps(v.body.slot_start, v.body.slot_end, wanted.start, wanted.end)).map((v) => ({
    visitId: v.id, workOrderId: v.body.work_order_id, start: v.body.slot_start, end: v.body.slot_end,
  }))
  const shifts = (field.shifts.get(userId) ?? []).filter((s) => overlaps(s.start, s.end, wanted.start, wanted.end))
  return {
    skill: !wanted.skill ? 'any' : skills.includes(wanted.skill) ? 'fits' : 'lacks',
    visits: today.length, minutes: Math.round(today.reduce((sum, v) => sum + minutesOf(v.body.slot_start, v.body.slot_end), 0)),
    clashes, leave: shifts.find((s) => s.kind === 'leave') ?? null, duty: shifts.find((s) => s.kind !== 'leave') ?? null,
    ...wayTo(userId, wanted, today, field, now),
    preferred: wanted.preferred?.leadIds.includes(userId) ? 'person' : teamId && wanted.preferred?.teamIds.includes(teamId) ? 'team' : null,
  }
}

/** From the visit before of that day, else from where they were seen last, if that is not long ago. */
function wayTo(userId: Id, wanted: Wanted, today: readonly Held<'visit'>[], field: Field, now: number): Pick<Weighed, 'km' | 'from' | 'short'> {
  const nowhere = { km: null, from: null, short: 0 }
  const there = wanted.mode === 'remote' || !wanted.siteId ? null : pointOf(field.sites.get(wanted.siteId)?.body)
  if (!there) return nowhere
  const before = today.filter((v) => v.body.mode !== 'remote' && v.body.slot_end <= wanted.start).at(-1)
  const start = before && pointOf(field.sites.get(before.body.site_id)?.body)
  if (before && start) {
    const km = kilometres(start, there)
    return { km, from: 'before', short: Math.max(0, travelMinutes(km) - minutesOf(before.body.slot_end, wanted.start)) }
  }
  const seen = field.seen.get(userId)
  if (!seen || now - Date.parse(seen.at) > SEEN_HOURS * 3_600_000) return nowhere
  return { km: kilometres(seen.point, there), from: 'seen', short: 0 }
}

/**
 * The lower the better: leave outweighs clashes, those outweigh whom the plan would rather send, that outweighs skills,
 * those outweigh a full day and a long way.
 */
export function burden(w: Weighed): number {
  return (w.leave ? 2_000 : 0) + w.clashes.length * 500 + (w.skill === 'lacks' ? 120 : 0) + (w.short ? 40 : 0)
    + (w.minutes / FULL_DAY_MINUTES) * 60 + Math.min(w.km ?? 15, 60) - (w.duty ? 60 : 0)
    - (w.preferred === 'person' ? 350 : w.preferred === 'team' ? 250 : 0)
}

/** The first gap of this length in somebody's day from `from` on: after their last visit when there is none. */
export function nextGap(userId: Id, from: number, lengthMs: number, field: Field): number {
  let start = from
  for (const { body } of field.byUser.get(userId) ?? []) {
    if (Date.parse(body.slot_end) <= start) continue
    if (Date.parse(body.slot_start) >= start + lengthMs) break
    start = Date.parse(body.slot_end)
  }
  return start
}
