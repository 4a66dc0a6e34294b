/** How far things are, as a crow flies: enough to sort a day by. Pure. */
export interface Spot { lat: number; lng: number }

const EARTH_KM = 6371
const rad = (degrees: number): number => (degrees * Math.PI) / 180

/** Kilometres between two spots. Sites are in GCJ-02 and phones in WGS-84, half a kilometre apart in China: this says "about". */
export function kilometres(a: Spot, b: Spot): number {
  const half = (x: number): number => Math.sin(rad(x) / 2) ** 2
  const chord = half(b.lat - a.lat) + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * half(b.lng - a.lng)
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/** The decimal strings of the wire as a spot; null when either is missing. */
export function spotOf(place: { lat?: string | null; lng?: string | null } | null | undefined): Spot | null {
  const [lat, lng] = [Number(place?.lat || NaN), Number(place?.lng || NaN)]
  return Number.isFinite(lat) && Number.isFinite(lng) ? { lat, lng } : null
}

const ROAD = 1.4 // streets over the crow's flight
const KM_PER_HOUR = 26 // of a city by day
const PARKING_MS = 8 * 60_000

/** How long the way takes, roughly: to say when to leave, not to promise. */
export const travelMs = (km: number): number => Math.round((km * ROAD * 3_600_000) / KM_PER_HOUR) + PARKING_MS
