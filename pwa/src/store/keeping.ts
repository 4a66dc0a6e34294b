/** A file comes to this device: written strictly and read back before anybody is told that it is saved. */
import { now } from './clock'
import { atomically, durably } from './connection'
import { currentStore } from './current'
import type { StoredChunk } from './database'
import { CHUNK_BYTES, chunksOf, joined, sha256Of } from './files'
import { ActRefused } from './refusal'

/** Keeps the bytes, then reads them back and compares: a promise made after this is one the disk has made too. */
export async function keepBytes(file: Blob, maxBytes: number): Promise<{ sha256: string; size: number }> {
  const { db } = currentStore()
  if (file.size === 0) throw new ActRefused('file-empty')
  if (file.size > maxBytes) throw new ActRefused('file-too-large')
  const bytes = await file.arrayBuffer()
  const sha256 = await sha256Of(bytes)
  const at = now()
  const chunks: StoredChunk[] = []
  for (let i = 0; i * CHUNK_BYTES < bytes.byteLength; i++) {
    chunks.push({ sha256, i, at, bytes: bytes.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES) })
  }
  await durably(db, () => db.transaction('rw', db.chunks, () => db.chunks.bulkPut(chunks)))
  const kept = await durably(db, () => joined(db, sha256))
  if (!kept || kept.byteLength !== bytes.byteLength || (await sha256Of(kept)) !== sha256) {
    throw new ActRefused('storage-failed', 'The file read back differently from how it was written')
  }
  return { sha256, size: bytes.byteLength }
}

/** Bytes whose act was refused. */
export async function dropUndeclared(sha256: string): Promise<void> {
  await atomically(currentStore().db, ['files', 'chunks'], async (db) => {
    if ((await db.files.where('sha256').equals(sha256).count()) === 0) await chunksOf(db, sha256).delete()
  })
}
