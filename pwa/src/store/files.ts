/** Bytes on this device: chunks of ArrayBuffers (Blobs fail in WebKit), written strictly and read back before "saved". */
import type { Id, Instant, Purpose } from '../protocol/nouns'
import { durably } from './connection'
import { currentStore } from './current'
import type { StoredChunk, StoredFile, UserDatabase } from './database'
import { ActRefused } from './refusal'

/** Bytes of one stored chunk. */
export const CHUNK_BYTES = 512 * 1024
/** A verified copy stays this long, in case the server's disk is not what it says. */
const KEPT_AFTER_VERIFIED_MS = 3 * 24 * 3600_000
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

/** Keeps the bytes, then reads them back and compares: a promise made after this is one the disk has made too. */
export async function keepBytes(file: Blob, maxBytes: number): Promise<{ sha256: string; size: number }> {
  const { db } = currentStore()
  if (file.size === 0) throw new ActRefused('file-empty')
  if (file.size > maxBytes) throw new ActRefused('file-too-large')
  const bytes = await file.arrayBuffer()
  const sha256 = await sha256Of(bytes)
  const chunks: StoredChunk[] = []
  for (let i = 0; i * CHUNK_BYTES < bytes.byteLength; i++) {
    chunks.push({ sha256, i, bytes: bytes.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES) })
  }
  await durably(db, () => db.transaction('rw', db.chunks, () => db.chunks.bulkPut(chunks)))
  const kept = await durably(db, () => joined(db, sha256))
  if (!kept || kept.byteLength !== bytes.byteLength || (await sha256Of(kept)) !== sha256) {
    throw new ActRefused('storage-failed', 'The file read back differently from how it was written')
  }
  return { sha256, size: bytes.byteLength }
}

const chunksOf = (db: UserDatabase, sha256: string) =>
  db.chunks.where('[sha256+i]').between([sha256, 0], [sha256, Infinity])

async function joined(db: UserDatabase, sha256: string): Promise<ArrayBuffer | null> {
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
export async function declareFile(db: UserDatabase, file: NewFile, visitId: Id | null, addedAt: Instant): Promise<void> {
  if ((await chunksOf(db, file.sha256).count()) !== Math.ceil(file.size / CHUNK_BYTES)) throw new ActRefused('file-not-kept')
  const { sha256, size, mime, attachmentId, purpose, priority } = file
  await db.files.add({
    sha256, size, mime, attachmentId, purpose, priority, visitId, addedAt, state: 'waiting', uploadUrl: null, offset: 0,
    tries: 0, error: null, verifiedAt: null,
  })
}

/** Bytes that no act names: the page was killed in between, or the act was refused. */
export async function dropUndeclared(sha256: string): Promise<void> {
  const { db } = currentStore()
  await db.transaction('rw', db.files, db.chunks, async () => {
    if ((await db.files.where('sha256').equals(sha256).count()) === 0) await chunksOf(db, sha256).delete()
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

/** Files the server has verified leave after some days; nothing else ever does. */
export async function purgeVerified(db: UserDatabase, nowMs: number): Promise<void> {
  const old = await db.files.where('state').equals('verified')
    .filter((file) => file.verifiedAt !== null && nowMs - Date.parse(file.verifiedAt) > KEPT_AFTER_VERIFIED_MS).toArray()
  for (const file of old) await purge(db, file, nowMs)
}

async function purge(db: UserDatabase, file: StoredFile, nowMs: number): Promise<void> {
  await db.transaction('rw', db.files, db.chunks, async () => {
    const sharing = await db.files.where('sha256').equals(file.sha256).filter((other) => other.state !== 'verified').count()
    if (sharing === 0) await chunksOf(db, file.sha256).delete()
    if (nowMs - Date.parse(file.verifiedAt!) > REMEMBERED_MS) await db.files.delete(file.attachmentId)
  })
}
