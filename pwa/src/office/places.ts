/** Where things are, and how far apart: enough to say who is near, never more exact than what is known. */
import type { SiteBody, VisitBody } from '@/protocol/nouns'
import type { Held } from './rows'

export interface Point { lat: number; lng: number }

const EARTH_KM = 6371
const RADIANS = Math.PI / 180
/** Streets are longer than the crow flies; in Chinese cities about a third. */
const DETOUR = 1.3
/** Across a city with parking: what a dispatcher reckons with. */
const CITY_KM_PER_HOUR = 25

/** Decimal strings of the wire as a point; null when there is none, or when it is nowhere on earth. */
export function pointOf(row: { lat: string | null; lng: string | null } | null | undefined): Point | null {
  const [lat, lng] = [Number(row?.lat || NaN), Number(row?.lng || NaN)]
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 && (lat !== 0 || lng !== 0) ? { lat, lng } : null
}

/** Kilometres of road, roughly. */
export function kilometres(a: Point, b: Point): number {
  const [dLat, dLng] = [(b.lat - a.lat) * RADIANS, (b.lng - a.lng) * RADIANS]
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * Math.sin(dLng / 2) ** 2
  return 2 * EARTH_KM * Math.asin(Math.sqrt(h)) * DETOUR
}

export const travelMinutes = (km: number): number => Math.ceil((km / CITY_KM_PER_HOUR) * 60)

/** Where somebody was last, by evidence and not by tracking: a photo with its place, or a visit they arrived at. */
export interface LastSeen { point: Point; at: string; how: 'photo' | 'site'; visitId: string }

const AT_SITE = ['arrived', 'working', 'paused', 'work_done', 'signed', 'sign_waived', 'submitted'] as const

const lastAtSite = (visit: VisitBody): string =>
  (visit.mode === 'remote' ? [] : AT_SITE.flatMap((state) => visit.times[state] ?? [])).sort().at(-1) ?? ''

export function lastSeen(
  visits: readonly Held<'visit'>[], attachments: readonly Held<'attachment'>[], sites: ReadonlyMap<string, Held<'site'>>,
): Map<string, LastSeen> {
  const found = new Map<string, LastSeen>()
  const tell = (userId: string | null, seen: LastSeen): void => {
    if (userId && seen.at > (found.get(userId)?.at ?? '')) found.set(userId, seen)
  }
  for (const { id, body } of visits) {
    const at = lastAtSite(body)
    const point = at && pointOf(sites.get(body.site_id)?.body as SiteBody | undefined)
    if (point) tell(body.lead_id, { point, at, how: 'site', visitId: id })
  }
  for (const { body } of attachments) {
    const point = body.withdrawn ? null : pointOf(body.place)
    if (point) tell(body.created_by, { point, at: body.taken_at, how: 'photo', visitId: body.visit_id ?? '' })
  }
  return found
}
