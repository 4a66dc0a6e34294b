/** Documents of the next sites come to the phone while there is a network, so that a basement has them too. */
import { currentStore } from './current'
import { deviceSetting, setDeviceSetting } from './device'
import { originalsWait } from './originals'
import { askServer } from './server'
import { clearShelf, fromShelf, putOnShelf, shelfOf, takeFromShelf, trimThumbs, type ShelfKind } from './shelf'

const SETTING = 'documentBudget'
const MEGABYTE = 1024 * 1024
export const BUDGETS_MB: readonly number[] = [50, 200, 500]
const DEFAULT_MB = 200

export interface Wanted { sha256: string; size: 'original' | '1280'; bytes: number }
export interface Fetched { here: number; missing: number }
export interface ShelfReport { documents: { n: number; bytes: number }; thumbs: { n: number; bytes: number } }

export const documentBudget = async (): Promise<number> => (await deviceSetting<number>(SETTING)) ?? DEFAULT_MB
export const wantDocumentBudget = (megabytes: number): Promise<void> => setDeviceSetting(SETTING, megabytes)

export async function shelfReport(): Promise<ShelfReport> {
  const all = await shelfOf(currentStore().userId)
  const of = (kind: ShelfKind) => {
    const some = all.filter((one) => one.kind === kind)
    return { n: some.length, bytes: some.reduce((sum, { bytes }) => sum + bytes, 0) }
  }
  return { documents: of('document'), thumbs: of('thumb') }
}
export const emptyShelf = (kind: ShelfKind): Promise<void> => clearShelf(currentStore().userId, kind)

/** What photos and files in the database take: not at the server yet, and verified but kept a few days more. */
export async function fileReport(): Promise<{ waiting: { n: number; bytes: number }; kept: { n: number; bytes: number } }> {
  const files = await currentStore().db.files.toArray()
  const sum = (some: typeof files) => ({ n: some.length, bytes: some.reduce((total, { size }) => total + size, 0) })
  return { waiting: sum(files.filter(({ state }) => state !== 'verified')), kept: sum(files.filter(({ state, purged }) => state === 'verified' && !purged)) }
}

/**
 * The most wanted first, as far as the budget reaches; what nobody wants any more makes room. `asked`: by a person just
 * now, so that waiting for Wi-Fi does not count.
 */
export async function prefetch(wanted: readonly Wanted[], asked = false): Promise<Fetched> {
  const { userId } = currentStore()
  const budget = (await documentBudget()) * MEGABYTE
  const keep = new Set<string>()
  let room = budget
  let missing = 0
  const wait = !asked && (await originalsWait(Date.now()))
  for (const { sha256, size, bytes } of wanted) {
    const key = `${sha256}/${size}`
    if (keep.has(key)) continue
    if (bytes > room) {
      missing += 1
      continue
    }
    const blob = (await fromShelf(userId, sha256, size)) ?? (wait ? null : await fetched(sha256, size))
    if (!blob) {
      missing += 1
      continue
    }
    room -= blob.size
    keep.add(key)
    await putOnShelf(userId, sha256, size, blob, 'document')
  }
  await makeRoom(userId, keep, room)
  await trimThumbs(userId)
  return { here: keep.size, missing }
}

/** What was fetched for other days stays while there is room: a drawing looked at last week is looked at again. */
async function makeRoom(userId: string, keep: ReadonlySet<string>, room: number): Promise<void> {
  let left = room
  for (const one of (await shelfOf(userId)).filter(({ kind, sha256, size }) => kind === 'document' && !keep.has(`${sha256}/${size}`)).toReversed()) {
    left -= one.bytes
    if (left < 0) await takeFromShelf(userId, one.sha256, one.size)
  }
}

async function fetched(sha256: string, size: string): Promise<Blob | null> {
  try {
    const answer = await askServer(`/api/files/${sha256}?size=${size}`)
    return answer.ok && !answer.headers.get('content-type')?.includes('html') ? await answer.blob() : null
  } catch {
    return null
  }
}
