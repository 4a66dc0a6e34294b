/** Bytes on this device, in chunks of ArrayBuffers, because Blobs fail in WebKit's IndexedDB. */
import type { Id, Instant, Purpose } from '../protocol/nouns'
import { atomically } from './connection'
import type { StoredFile, Tables, UserDatabase } from './database'
import { ActRefused } from './refusal'

/** Bytes of one stored chunk. */
export const CHUNK_BYTES = 512 * 1024
/** A verified copy stays this long, in case the server's disk is not what it says. */
const KEPT_AFTER_VERIFIED_MS = 3 * 24 * 3600_000
/** Bytes without an act are somebody's who is just taking a photo, unless they are this old. */
const ORPHANED_MS = 24 * 3600_000
/** The line in the ledger outlives the bytes. */
const REMEMBERED_MS = 30 * 24 * 3600_000

export interface NewFile {
  sha256: string
  size: number
  mime: string
  attachmentId: Id
  purpose: Purpose
  /** The higher goes first. */
  priority: number
}

export async function sha256Of(bytes: ArrayBuffer): Promise<string> {
  if (!globalThis.crypto?.subtle) throw new ActRefused('storage-failed', 'Hashing needs https or localhost')
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export const chunksOf = (db: Tables, sha256: string) =>
  db.chunks.where('[sha256+i]').between([sha256, 0], [sha256, Infinity])

/** The whole file; null when it is not here. */
export async function joined(db: Tables, sha256: string): Promise<ArrayBuffer | null> {
  const chunks = await chunksOf(db, sha256).toArray()
  if (!chunks.length) return null
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.bytes.byteLength, 0))
  let offset = 0
  for (const { bytes } of chunks) {
    whole.set(new Uint8Array(bytes), offset)
    offset += bytes.byteLength
  }
  return whole.buffer
}

/** Inside the act's transaction: the file is waiting from now on. Its bytes must be here already. */
export async function declareFile(db: Tables, file: NewFile, visitId: Id | null, addedAt: Instant): Promise<void> {
  if ((await chunksOf(db, file.sha256).count()) !== Math.ceil(file.size / CHUNK_BYTES)) throw new ActRefused('file-not-kept')
  const { sha256, size, mime, attachmentId, purpose, priority } = file
  await db.files.add({
    sha256, size, mime, attachmentId, purpose, priority, visitId, addedAt, state: 'waiting', uploadUrl: null, offset: 0,
    tries: 0, error: null, verifiedAt: null,
  })
}

/** This device's own copy. */
export async function localBytes(db: UserDatabase, sha256: string): Promise<{ bytes: ArrayBuffer; mime: string } | null> {
  const bytes = await joined(db, sha256)
  if (!bytes) return null
  const file = await db.files.where('sha256').equals(sha256).first()
  return { bytes, mime: file?.mime ?? 'application/octet-stream' }
}

/** Bytes `from` … `to` of a kept file, reading only the chunks they lie in. */
export async function readPart(db: UserDatabase, sha256: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const first = Math.floor(from / CHUNK_BYTES)
  const last = Math.floor((to - 1) / CHUNK_BYTES)
  const chunks = await db.chunks.where('[sha256+i]').between([sha256, first], [sha256, last], true, true).toArray()
  const part = new Uint8Array(to - from)
  for (const { i, bytes } of chunks) {
    const start = i * CHUNK_BYTES
    const slice = new Uint8Array(bytes, Math.max(from - start, 0), Math.min(to - start, bytes.byteLength) - Math.max(from - start, 0))
    part.set(slice, Math.max(start - from, 0))
  }
  if (chunks.length !== last - first + 1) throw new ActRefused('file-not-kept', `Chunks of ${sha256} are missing`)
  return part
}

/** Bytes that no act names, because the page was killed in between: nobody was told that they were saved. */
export async function dropOrphans(database: UserDatabase, nowMs: number): Promise<void> {
  await atomically(database, ['files', 'chunks'], async (db) => {
    const hashes = new Set((await db.chunks.toCollection().primaryKeys()).map(([sha256]) => sha256))
    for (const { sha256 } of await db.files.toArray()) hashes.delete(sha256)
    for (const sha256 of hashes) {
      const first = await db.chunks.get([sha256, 0])
      if (!first || nowMs - Date.parse(first.at) > ORPHANED_MS) await chunksOf(db, sha256).delete()
    }
  })
}

/** Files the server has verified leave after some days; nothing else ever does. */
export async function purgeVerified(db: UserDatabase, nowMs: number): Promise<void> {
  const old = await db.files.where('state').equals('verified')
    .filter((file) => file.verifiedAt !== null && nowMs - Date.parse(file.verifiedAt) > KEPT_AFTER_VERIFIED_MS).toArray()
  for (const file of old) await purge(db, file, nowMs)
}

async function purge(database: UserDatabase, file: StoredFile, nowMs: number): Promise<void> {
  await atomically(database, ['files', 'chunks'], async (db) => {
    const sharing = await db.files.where('sha256').equals(file.sha256).filter((other) => other.state !== 'verified').count()
    if (sharing === 0) await chunksOf(db, file.sha256).delete()
    if (nowMs - Date.parse(file.verifiedAt!) > REMEMBERED_MS) await db.files.delete(file.attachmentId)
    else if (sharing === 0) await db.files.update(file.attachmentId, { purged: true })
  })
}
