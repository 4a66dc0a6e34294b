/**
 * What a person had on this device, written down outside the database: a browser that evicts the database tells nobody.
 * Two places, because each may go alone: the page's local storage, and a cache, which the worker can write too.
 */
import type { Id, Instant } from '../protocol/nouns'
import { now } from './clock'

/** Work that went with the database. */
export interface Lost {
  userId: Id
  name: string
  /** Acts and files that the server had not confirmed. */
  unsent: number
  /** Of the oldest of them. */
  since: Instant | null
  lastContact: Instant | null
  noticedAt: Instant
}

export interface Marker {
  userId: Id
  name: string
  unsent: number
  since: Instant | null
  lastContact: Instant | null
  at: Instant
  /** Until the office was told and the person has read it. */
  lost: (Lost & { reported: boolean; read: boolean }) | null
}

const PREFIX = 'xunxiu.held.'
const CACHE = 'xunxiu-held'
const address = (userId: Id): string => `/held/${userId}`

const local = (): Storage | null => {
  try {
    return globalThis.localStorage ?? null
  } catch { // switched off by a setting
    return null
  }
}
const cache = async (): Promise<Cache | null> => (await globalThis.caches?.open(CACHE).catch(() => null)) ?? null

/** Everybody's, the newer of the two places each. */
export async function readMarkers(): Promise<Marker[]> {
  const found = new Map<Id, Marker>()
  for (const marker of [...localMarkers(), ...(await cachedMarkers())]) {
    const held = found.get(marker.userId)
    if (!held || held.at < marker.at) found.set(marker.userId, marker)
  }
  return [...found.values()]
}

export async function readMarker(userId: Id): Promise<Marker | null> {
  return (await readMarkers()).find((marker) => marker.userId === userId) ?? null
}

function localMarkers(): Marker[] {
  const storage = local()
  const keys = Array.from({ length: storage?.length ?? 0 }, (_, i) => storage!.key(i)!)
  return keys.filter((key) => key.startsWith(PREFIX)).map((key) => parsed(storage!.getItem(key))).filter((marker) => marker !== null)
}

async function cachedMarkers(): Promise<Marker[]> {
  const held = await cache()
  const answers = await Promise.all((await held?.keys() ?? []).map((request) => held!.match(request)))
  const texts = await Promise.all(answers.map((answer) => answer?.text() ?? null))
  return texts.map(parsed).filter((marker) => marker !== null)
}

function parsed(text: string | null): Marker | null {
  try {
    const marker = JSON.parse(text ?? 'null') as Marker | null
    return typeof marker?.userId === 'string' && typeof marker.at === 'string' ? marker : null
  } catch {
    return null
  }
}

/**
 * Writes what `change` makes of the marker as it is now; null leaves it. Page, tabs and worker all write it: without a
 * lock one of them would put back what another had just said, and a loss somebody has read would be told again.
 */
export async function changeMarker(userId: Id, change: (marker: Marker | null) => Omit<Marker, 'at'> | null): Promise<void> {
  const work = async () => {
    const changed = change(await readMarker(userId))
    if (changed) await writeMarker(changed)
  }
  const { locks } = globalThis.navigator ?? {}
  await (locks ? locks.request(`xunxiu-marker-${userId}`, work) : (inTurn = inTurn.then(work, work)))
}
/** Where there are no locks, this page's changes at least wait for each other. */
let inTurn: Promise<void> = Promise.resolve()

export async function writeMarker(marker: Omit<Marker, 'at'>): Promise<void> {
  const text = JSON.stringify({ ...marker, at: now() })
  try {
    local()?.setItem(PREFIX + marker.userId, text)
  } catch { /* full or refused: the other place has it */ }
  await (await cache())?.put(address(marker.userId), new Response(text)).catch(() => {})
}

/** For one who signed out with nothing waiting: their data left on purpose. */
export async function forgetMarker(userId: Id): Promise<void> {
  local()?.removeItem(PREFIX + userId)
  await (await cache())?.delete(address(userId))
}
