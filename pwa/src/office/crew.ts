/** Whom to send: what each engineer already has that day, and what a new slot would clash with. */
import type { Id } from '@/protocol/nouns'
import { burden, weigh, type Clash, type Field, type Wanted, type Weighed } from './choosing'
import { NO_PHONE, type Phone } from './phones'
import type { Held } from './rows'

export interface Candidate {
  id: Id
  name: string
  nameEn: string
  teamId: Id | null
  skills: string[]
  /** Visits of that day, as lead or helper. */
  load: number
  clashes: Clash[]
  weighed: Weighed
  phone: Phone
}

/** Every active engineer, the least burdened first. Whoever is away or has a clash sorts last and is never hidden. */
export function candidates(
  users: ReadonlyMap<string, Held<'user'>>, phones: ReadonlyMap<string, Phone>, wanted: Wanted, field: Field, now: number,
): Candidate[] {
  const people: Candidate[] = []
  for (const [id, { body }] of users) {
    if (!body.active || !(body.roles.includes('engineer') || body.roles.includes('crew_lead'))) continue
    const weighed = weigh(id, body.skills, wanted, field, now, body.team_id)
    people.push({
      id, name: body.name, nameEn: body.name_en, teamId: body.team_id, skills: body.skills, load: weighed.visits,
      clashes: weighed.clashes, weighed, phone: phones.get(id) ?? NO_PHONE,
    })
  }
  return people.sort((a, b) => burden(a.weighed) - burden(b.weighed) || a.name.localeCompare(b.name, 'zh'))
}
