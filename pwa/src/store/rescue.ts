/**
 * What one person has not delivered from this phone, as a file that only the office can open. Anybody may make it, also
 * of another user's outbox, because it needs no password and shows nothing: it is for the phone whose network, battery
 * or sign-in is at its end. Making it changes nothing: the outbox stays until the server's own receipts come.
 */
import { bytesRecord, CHUNK_BYTES, FORMAT, isOfficeKey, jsonRecord, Seal, type OfficeKey } from '../protocol/rescue'
import type { Id } from '../protocol/nouns'
import type { Act } from '../protocol/acts'
import { dumpAct, MAX_ACTS, sizeOf } from '../protocol/wire'
import { now } from './clock'
import { UserDatabase, type StoredFile } from './database'
import { deviceSetting, knownUsers, setDeviceSetting } from './device'
import { readPart } from './files'
import { readMeta } from './meta'
import { ActRefused } from './refusal'
import type { OutboxEntry } from './types'

const KEY_SETTING = 'officeKey'
/** Bytes the server has not verified: they go along. */
const UNVERIFIED = ['waiting', 'uploading', 'stuck', 'stored'] as const
const UNSENT = ['waiting', 'uploading', 'stuck'] as const

export interface Unsent { acts: number; files: number; bytes: number }
export interface RescueFile extends Unsent { file: File }

/** Kept on the phone, because it is needed when there is no network to ask for it. */
export async function rememberOfficeKey(key: unknown): Promise<void> {
  if (isOfficeKey(key)) await setDeviceSetting(KEY_SETTING, key)
}
export const officeKey = (): Promise<OfficeKey | undefined> => deviceSetting<OfficeKey>(KEY_SETTING)

/** What of this person waits on this phone. */
export async function unsentOf(userId: Id): Promise<Unsent> {
  return withDatabase(userId, async (db) => {
    const acts = await db.outbox.where('state').equals('pending').count()
    const files = await db.files.where('state').anyOf(UNSENT).toArray()
    return { acts, files: files.length, bytes: files.reduce((sum, file) => sum + file.size, 0) }
  })
}

/** People of this phone with something unsent, but for the one who works now. */
export async function othersUnsent(me: Id | undefined): Promise<(Unsent & { userId: Id; name: string })[]> {
  const others = (await knownUsers()).filter((user) => user.userId !== me)
  const found = await Promise.all(others.map(async ({ userId, name }) => ({ userId, name, ...(await unsentOf(userId)) })))
  return found.filter((one) => one.acts + one.files > 0)
}

/** Makes the file; `told` hears how much is done, from 0 to 1. Throws `ActRefused('no-office-key')`. */
export async function makeRescue(userId: Id, told: (done: number) => void = () => {}): Promise<RescueFile> {
  const office = await officeKey()
  if (!office) throw new ActRefused('no-office-key')
  const { seal, preamble } = await Seal.for(office)
  return withDatabase(userId, async (db) => {
    const unsent = await unsentOf(userId)
    // Each sealed piece becomes a Blob at once: the browser may put it on the disk, and sixty photos never are in memory.
    const parts: Blob[] = [new Blob([preamble])]
    let done = 0
    for await (const { record, last } of withLast(recordsOf(db, userId, unsent))) {
      parts.push(new Blob([await seal.record(record, last)]))
      done += record.length
      told(Math.min(1, done / (unsent.bytes + 1)))
    }
    const login = (await readMeta(db, 'user'))?.login ?? 'user'
    const stamp = now().slice(0, 16).replace(/[-:]/g, '').replace('T', '-')
    return { ...unsent, file: new File(parts, `${login}-${stamp}.rescue`, { type: 'application/octet-stream' }) }
  })
}

async function* recordsOf(db: UserDatabase, userId: Id, unsent: Unsent): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const [device, user, epoch, tokens] = await Promise.all([
    readMeta(db, 'deviceId'), readMeta(db, 'user'), readMeta(db, 'epoch'), readMeta(db, 'tokens'),
  ])
  yield jsonRecord({
    kind: 'bundle', format: FORMAT, device, user: userId, login: user?.login ?? '', epoch: epoch ?? null, made_at: now(),
    proof: tokens?.refresh ?? '', acts: unsent.acts, files: unsent.files,
  })
  // What was acknowledged lately goes along: a server restored from a backup gets it back in the same file.
  const acts = [...(await db.journal.toArray()), ...(await db.outbox.toArray())].sort((a, b) => a.n - b.n)
  yield* actRecords(acts)
  const files = await db.files.where('state').anyOf(UNVERIFIED).toArray()
  for (const file of files.sort((a, b) => b.priority - a.priority)) yield* fileRecords(db, file)
  yield jsonRecord({ kind: 'end' })
}

function* actRecords(acts: readonly OutboxEntry[]): Generator<Uint8Array<ArrayBuffer>> {
  let held: Act[] = []
  let size = 0
  for (const act of acts.map(dumpAct)) {
    const cost = sizeOf(act)
    if (held.length && (held.length === MAX_ACTS || size + cost > CHUNK_BYTES)) {
      yield jsonRecord({ kind: 'acts', acts: held })
      held = []
      size = 0
    }
    held.push(act)
    size += cost
  }
  if (held.length) yield jsonRecord({ kind: 'acts', acts: held })
}

async function* fileRecords(db: UserDatabase, file: StoredFile): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { attachmentId, sha256, size, purpose } = file
  yield jsonRecord({ kind: 'file', attachment: attachmentId, sha256, size, purpose })
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    try {
      yield bytesRecord(await readPart(db, sha256, at, Math.min(at + CHUNK_BYTES, size)))
    } catch (error) {
      if (error instanceof ActRefused && error.code === 'file-not-kept') return // one lost photo must not cost the others
      throw error
    }
  }
}

/** Each record with whether it is the last, which is sealed in with it: a file cut off is noticed. */
async function* withLast(records: AsyncIterable<Uint8Array<ArrayBuffer>>) {
  let held: Uint8Array<ArrayBuffer> | null = null
  for await (const record of records) {
    if (held) yield { record: held, last: false }
    held = record
  }
  if (held) yield { record: held, last: true }
}

async function withDatabase<T>(userId: Id, work: (db: UserDatabase) => Promise<T>): Promise<T> {
  const db = new UserDatabase(userId)
  try {
    return await work(db)
  } finally {
    db.close()
  }
}
