import type { Place } from '@/protocol/nouns'

/** Arriving does not wait longer than this for satellites: in a basement there are none. */
const WAIT_MS = 2_500
const KEY = 'xunxiu.place'

/** Whether this person lets arrivals carry the place; off until they say so in the settings. */
export const placeWanted = (): boolean => localStorage.getItem(KEY) === '1'

/** Remembers the wish; the browser's own question is asked here, where it is expected, not on arrival. */
export async function wantPlace(wanted: boolean): Promise<boolean> {
  if (wanted && !(await locate(15_000, true))) return false
  localStorage.setItem(KEY, wanted ? '1' : '0')
  return wanted
}

/** Where the phone is, when the person allowed it and the phone knows it soon. */
export async function placeIfAllowed(): Promise<Place | undefined> {
  return placeWanted() ? locate(WAIT_MS) : undefined
}

/** Where the phone is, when somebody asked for the way: the browser asks them, and may keep it to itself. */
export const whereNow = (): Promise<Place | undefined> => locate(8_000)

function locate(timeout: number, permissionIsEnough = false): Promise<Place | undefined> {
  if (!navigator.geolocation) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({
          lat: coords.latitude.toFixed(6),
          lng: coords.longitude.toFixed(6),
          accuracy_m: Math.round(coords.accuracy),
        }),
      (error) =>
        // Allowed but no fix yet is still a yes to the question "may we".
        resolve(permissionIsEnough && error.code !== error.PERMISSION_DENIED ? { lat: '0', lng: '0', accuracy_m: null } : undefined),
      { timeout, maximumAge: 60_000, enableHighAccuracy: false },
    )
  })
}
