/**
 * The shelf: small pictures and documents that can be had again, so that they may be thrown away at any time. They lie
 * in Cache Storage and not in the database, which holds what cannot be had again; each person has a shelf of their own.
 */
import type { Id } from '../protocol/nouns'

export type ShelfKind = 'thumb' | 'document'
export interface Shelved { sha256: string; size: string; kind: ShelfKind; bytes: number; at: string }

/** Small pictures may take this much; the oldest leave first. Documents have a budget of their own. */
const THUMB_BYTES = 60 * 1024 * 1024

const nameOf = (userId: Id): string => `xunxiu-shelf-${userId}`
const keyOf = (sha256: string, size: string): string => `/shelf/${sha256}/${size}`

async function open(userId: Id): Promise<Cache | null> {
  try {
    return await globalThis.caches?.open(nameOf(userId)) ?? null
  } catch {
    return null // a browser that keeps nothing for us: everything works, and is fetched again
  }
}

export async function fromShelf(userId: Id, sha256: string, size: string): Promise<Blob | null> {
  const found = await (await open(userId))?.match(keyOf(sha256, size)).catch(() => undefined)
  return found ? found.blob() : null
}

/** True when it lies there now; a full disk is no reason to fail whoever only wanted to see it. */
export async function putOnShelf(userId: Id, sha256: string, size: string, blob: Blob, kind: ShelfKind = 'thumb'): Promise<boolean> {
  const headers = { 'content-type': blob.type || 'application/octet-stream', 'x-bytes': String(blob.size), 'x-kind': kind, 'x-at': new Date().toISOString() }
  try {
    const shelf = await open(userId)
    await shelf?.put(keyOf(sha256, size), new Response(blob, { headers }))
    return shelf !== null
  } catch {
    return false
  }
}

/** All that lies there, the oldest first. */
export async function shelfOf(userId: Id): Promise<Shelved[]> {
  const shelf = await open(userId)
  if (!shelf) return []
  const found = await Promise.all((await shelf.keys()).map(async (request): Promise<Shelved | null> => {
    const [, , sha256, size] = new URL(request.url).pathname.split('/')
    const headers = (await shelf.match(request))?.headers
    if (!headers || !sha256 || !size) return null
    return { sha256, size, kind: headers.get('x-kind') === 'document' ? 'document' : 'thumb', bytes: Number(headers.get('x-bytes')), at: headers.get('x-at') ?? '' }
  }))
  return found.filter((one) => one !== null).sort((a, b) => (a.at < b.at ? -1 : 1))
}

export async function takeFromShelf(userId: Id, sha256: string, size: string): Promise<void> {
  await (await open(userId))?.delete(keyOf(sha256, size))
}

/** Throws away one kind, or everything. */
export async function clearShelf(userId: Id, kind?: ShelfKind): Promise<void> {
  if (!kind) {
    await globalThis.caches?.delete(nameOf(userId))
    return
  }
  for (const one of await shelfOf(userId)) if (one.kind === kind) await takeFromShelf(userId, one.sha256, one.size)
}

/** Small pictures beyond their measure leave, the oldest first. */
export async function trimThumbs(userId: Id): Promise<void> {
  const thumbs = (await shelfOf(userId)).filter(({ kind }) => kind === 'thumb')
  let over = thumbs.reduce((sum, { bytes }) => sum + bytes, 0) - THUMB_BYTES
  for (const one of thumbs) {
    if (over <= 0) return
    await takeFromShelf(userId, one.sha256, one.size)
    over -= one.bytes
  }
}
