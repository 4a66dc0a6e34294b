/** Whom to send: what each engineer already has that day, and what a new slot would clash with. */
import type { Id, VisitBody, VisitState } from '@/protocol/nouns'
import { dayOf, overlaps, type Slot } from './days'
import { NO_PHONE, type Phone } from './phones'
import type { Held } from './rows'

/** A visit in these states takes no more of anybody's day. */
const TAKES_NO_TIME: ReadonlySet<VisitState> = new Set(['declined', 'cancelled', 'submitted', 'reviewed'])

export interface Candidate {
  id: Id
  name: string
  nameEn: string
  teamId: Id | null
  skills: string[]
  /** Visits of that day, as lead or helper. */
  load: number
  clashes: { visitId: Id; workOrderId: Id; start: string; end: string }[]
  phone: Phone
}

const goes = (visit: VisitBody, userId: Id): boolean => visit.lead_id === userId || visit.helper_ids.includes(userId)

/**
 * Every active engineer, the least loaded without a clash first. Clashes sort last but are never hidden: only a
 * dispatcher knows that the site next door takes ten minutes.
 */
export function candidates(
  users: ReadonlyMap<string, Held<'user'>>, visits: readonly Held<'visit'>[], phones: ReadonlyMap<string, Phone>,
  slot: Slot, except: Id | null = null,
): Candidate[] {
  const day = dayOf(slot.start)
  const busy = visits.filter((v) => v.id !== except && !TAKES_NO_TIME.has(v.body.state))
  const thatDay = busy.filter((v) => dayOf(v.body.slot_start) === day)
  const inSlot = busy.filter((v) => overlaps(v.body.slot_start, v.body.slot_end, slot.start, slot.end))
  const people: Candidate[] = []
  for (const [id, { body }] of users) {
    if (!body.active || !(body.roles.includes('engineer') || body.roles.includes('crew_lead'))) continue
    people.push({
      id, name: body.name, nameEn: body.name_en, teamId: body.team_id, skills: body.skills,
      load: thatDay.filter((v) => goes(v.body, id)).length,
      clashes: inSlot.filter((v) => goes(v.body, id)).map((v) => ({
        visitId: v.id, workOrderId: v.body.work_order_id, start: v.body.slot_start, end: v.body.slot_end,
      })),
      phone: phones.get(id) ?? NO_PHONE,
    })
  }
  return people.sort((a, b) => a.clashes.length - b.clashes.length || a.load - b.load || a.name.localeCompare(b.name, 'zh'))
}
