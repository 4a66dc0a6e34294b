/** The side door: one file at a time, signature first, each from where the server says it stands. */
import { atomically } from '../store/connection'
import type { StoredFile } from '../store/database'
import { readPart } from '../store/files'
import { isOriginal, originalsWait } from '../store/originals'
import { ActRefused } from '../store/refusal'
import { NoContact, Problem } from './http'
import type { Peer } from './sync'
import { create, offsetOf, patch } from './tus'

/** Bytes of one PATCH at the first try, and the fewest: a piece that a weak link cannot carry is halved at the next try. */
const PATCH_BYTES = 1024 * 1024
const FEWEST_BYTES = 64 * 1024
const pieceOf = (tries: number): number => Math.max(FEWEST_BYTES, PATCH_BYTES >> Math.min(tries, 4))

/** Goes round this often when the server is elsewhere than we are, before the file steps aside for now. */
const MAX_ROUNDS = 5

/** How many files arrived. A file the server refuses steps aside with its reason; no contact ends the lane for now. */
export async function uploadAll(peer: Peer): Promise<number> {
  let sent = 0
  const tried = new Set<string>()
  for (;;) {
    const file = await nextFile(peer, tried)
    if (!file) return sent
    tried.add(file.attachmentId)
    if (await uploadOne(peer, file)) sent += 1
  }
}

/** The most urgent file whose act has its receipt: before that the server knows no slot for it. */
async function nextFile({ db }: Peer, tried: ReadonlySet<string>): Promise<StoredFile | undefined> {
  const files = await db.files.where('state').anyOf('waiting', 'uploading').toArray()
  const unsent = new Set((await db.outbox.where('state').equals('pending').toArray())
    .filter((entry) => entry.act === 'attachment.add').map((entry) => (entry.args as { id: string }).id))
  const originalsStay = await originalsWait(Date.now())
  return files.filter((file) => !(originalsStay && isOriginal(file)))
    .filter((file) => !tried.has(file.attachmentId) && !unsent.has(file.attachmentId))
    .sort((a, b) => b.priority - a.priority || (a.addedAt < b.addedAt ? -1 : 1))[0]
}

async function uploadOne(peer: Peer, file: StoredFile): Promise<boolean> {
  const note = (change: Partial<StoredFile>) => peer.db.files.update(file.attachmentId, change)
  await note({ state: 'uploading', tries: file.tries + 1 })
  try {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (await send(peer, file, round === 0 ? file.uploadUrl : null)) {
        await arrived(peer, file)
        return true
      }
    }
    throw new NoContact('The upload did not come to its end')
  } catch (error) {
    await note(setback(error))
    if (error instanceof NoContact || isOurFault(error)) throw error
    return false
  }
}

/** One way through the file from the server's offset; false when the server lost or moved it. */
async function send(peer: Peer, file: StoredFile, known: string | null): Promise<boolean> {
  const resumed = known ? await offsetOf(peer, known) : null
  const opened = resumed === null ? await create(peer, file) : { url: known!, offset: resumed }
  const { url } = opened
  let offset: number | null = opened.offset
  await peer.db.files.update(file.attachmentId, { uploadUrl: url, offset })
  while (offset !== null && offset < file.size) {
    const bytes = await readPart(peer.db, file.sha256, offset, Math.min(offset + pieceOf(file.tries), file.size))
    offset = await patch(peer, url, offset, bytes)
    if (offset !== null) await peer.db.files.update(file.attachmentId, { offset })
  }
  return offset === file.size
}

/** At the server; whether it is whole there the server will say by pull. */
async function arrived(peer: Peer, file: StoredFile): Promise<void> {
  await atomically(peer.db, ['files'], async (db) => {
    const held = await db.files.get(file.attachmentId)
    if (held && held.state !== 'verified') {
      await db.files.update(file.attachmentId, { state: 'stored', offset: file.size, error: null, uploadUrl: null })
    }
  })
}

/** A refusal of this file (4xx) or bytes that are gone: it steps aside. Anything else: it waits for a better time. */
function setback(error: unknown): Partial<StoredFile> {
  if (error instanceof Problem && error.status < 500 && !isOurFault(error)) return { state: 'stuck', error: error.code }
  if (error instanceof ActRefused) return { state: 'stuck', error: error.code }
  return { state: 'waiting' }
}

/** Not about this file: the next would fare the same. */
const isOurFault = (error: unknown): boolean =>
  error instanceof Problem && ([401, 408, 429].includes(error.status) || error.status >= 500)
