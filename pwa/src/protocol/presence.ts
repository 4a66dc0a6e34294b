/**
 * Presence at a point 点位: what makes the proof doubtful (E5). Flagged, never refused. Twin of `sync/presence.py`; both
 * run `tests/vectors/presence.json`. Limits and words are data: `sync/rules/presence.json`.
 */
import rules from '@rules/presence.json'
import type { Place } from './nouns'

export type How = 'scan' | 'nfc' | 'typed' | 'picked'
export type Flag = keyof typeof rules.names
export interface Proof { how: How; token: string; at: string; place: Place | null; skew_ms?: number | null }
export interface Before { at: string; place: Place | null }
type Degrees = { lat?: string | null; lng?: string | null } | null | undefined

const DEGREES = /^-?[0-9]{1,3}(\.[0-9]{1,15})?$/
const EARTH_M = 6_371_000
// The ellipsoid of Krasovsky 1940, on which Chinese maps are shifted.
const [AXIS, ECCENTRICITY] = [6378245.0, 0.006693421622965943]

/** What is doubtful, in the order of the rules. `before`: the same person's proof before this one, at another point. */
export function flagsOf(proof: Proof, point: { token: string }, site: Degrees, before: Before | null): Flag[] {
  const found = new Set<string>(ofPlace(proof.place, site))
  if (proof.how === 'picked') found.add('not-scanned')
  else if (proof.token !== point.token) found.add('wrong-code')
  for (const flag of before ? ofPace(proof, before) : []) found.add(flag)
  if (proof.skew_ms !== null && proof.skew_ms !== undefined && Math.abs(proof.skew_ms) > rules.clock_ms) found.add('clock')
  return (rules.order as Flag[]).filter((flag) => found.has(flag))
}

/** Whether a person should look: in a basement there is no position, and that alone says nothing. */
export const isTelling = (flags: readonly string[]): boolean => flags.some((flag) => rules.telling.includes(flag))

export const flagName = (flag: string, locale: 'zh-CN' | 'en'): string => rules.names[flag as Flag]?.[locale] ?? flag

function ofPlace(place: Place | null, site: Degrees): Flag[] {
  const here = at(place)
  if (!here) return ['no-place']
  const accuracy = Number.isInteger(place!.accuracy_m) && place!.accuracy_m! > 0 ? place!.accuracy_m! : 0
  if (accuracy > rules.vague_m) return accuracy <= rules.trusted_accuracy_m || !isFar(here, site, accuracy) ? ['vague'] : ['far']
  return isFar(here, site, accuracy) ? ['far'] : []
}

function isFar(here: [number, number], site: Degrees, accuracy: number): boolean {
  const there = at(site)
  return there !== null && metres(shifted(...here), there) > rules.far_m + accuracy
}

function ofPace(proof: Proof, before: Before): Flag[] {
  const seconds = (Date.parse(proof.at) - Date.parse(before.at)) / 1000
  if (seconds < 0) return ['backwards']
  if (seconds < rules.pace_s) return ['pace']
  const [here, there] = [at(proof.place), at(before.place)]
  if (!here || !there) return []
  const blur = (proof.place!.accuracy_m ?? 0) + (before.place!.accuracy_m ?? 0)
  return metres(here, there) - blur > rules.speed_m_per_s * seconds ? ['pace'] : []
}

/** Latitude and longitude; null where there are none, or where nobody stands: the settings' question leaves 0, 0. */
function at(place: Degrees): [number, number] | null {
  const texts = [String(place?.lat ?? ''), String(place?.lng ?? '')]
  if (!texts.every((text) => DEGREES.test(text))) return null
  const [lat, lng] = [Number(texts[0]), Number(texts[1])]
  return Math.abs(lat) > 90 || Math.abs(lng) > 180 || (lat === 0 && lng === 0) ? null : [lat, lng]
}

/** Along the great circle; good to a metre at the size of a town. */
function metres(a: [number, number], b: [number, number]): number {
  const [lat1, lng1, lat2, lng2] = [...a, ...b].map((one) => (one * Math.PI) / 180) as [number, number, number, number]
  const half = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lng2 - lng1) / 2) ** 2
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(half)))
}

/** WGS-84 as Chinese maps draw it (GCJ-02), unchanged outside China; the published approximation. */
function shifted(lat: number, lng: number): [number, number] {
  if (!(lng >= 72.004 && lng <= 137.8347 && lat >= 0.8293 && lat <= 55.8271)) return [lat, lng]
  const { PI, sin, cos, sqrt, abs } = Math
  const [x, y] = [lng - 105, lat - 35]
  const waves = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
  north += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
  east += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3
  const radians = (lat / 180) * PI
  const root = 1 - ECCENTRICITY * sin(radians) ** 2
  north = (north * 180) / (((AXIS * (1 - ECCENTRICITY)) / (root * sqrt(root))) * PI)
  east = (east * 180) / ((AXIS / sqrt(root)) * cos(radians) * PI)
  return [lat + north, lng + east]
}
