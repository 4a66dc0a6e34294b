/** Bytes for a screen: this device's own copy first, else what lies on the shelf, else the server's. */
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { currentStore } from './current'
import { localBytes } from './files'
import { askServer } from './server'

export type Size = 'original' | '320' | '1280'

/** A picture of at most so many bytes is shown as it is. */
const SMALL_BYTES = 150 * 1024

/** Fetched with the first picture, not with the first screen. */
const shelf = () => import('./shelf')

/** The file as a Blob; null when neither this device nor, at the moment, the server has it. */
export async function readFile(sha256: string, size: Size = 'original'): Promise<Blob | null> {
  const { db, userId } = currentStore()
  const { fromShelf, putOnShelf } = await shelf()
  const shelved = await fromShelf(userId, sha256, size)
  if (shelved) return shelved
  const local = await localBytes(db, sha256)
  const whole = local && new Blob([local.bytes], { type: local.mime })
  if (whole && size === 'original') return whole
  const small = whole && (await previewOf(userId, sha256, size, whole))
  if (small) return small
  const sent = await askFor(sha256, size)
  if (!sent || (size !== 'original' && isHeic(sent.type))) return null // bytes nobody can show here: better said than a broken picture
  if (size !== 'original') await putOnShelf(userId, sha256, size, sent)
  return sent
}

const isHeic = (mime: string): boolean => /hei[cf]/.test(mime)

/** Drawn small here, once: a list of sixty originals would unpack gigabytes. Null when this browser cannot read it. */
async function previewOf(userId: string, sha256: string, size: Size, whole: Blob): Promise<Blob | null> {
  if (whole.size <= SMALL_BYTES && !isHeic(whole.type)) return whole
  const { shrink } = await import('./shrinking')
  const made = await shrink(whole, Number(size))
  if (!made) return isHeic(whole.type) ? null : whole
  await (await shelf()).putOnShelf(userId, sha256, size, made.blob)
  return made.blob
}

async function askFor(sha256: string, size: Size): Promise<Blob | null> {
  try {
    let answer = await askServer(`/api/files/${sha256}?size=${size}`)
    // Thumbnails are made in the background; until then the original serves.
    if (answer.status === 404 && size !== 'original') answer = await askServer(`/api/files/${sha256}?size=original`)
    return answer.ok && !answer.headers.get('content-type')?.includes('html') ? await answer.blob() : null
  } catch {
    return null
  }
}

/** A URL for `<img>`, let go when the component goes; null when the bytes cannot be had, `undefined` while loading. */
export function useFileUrl(
  sha256: () => string | null | undefined, size: Size = 'original',
): Readonly<Ref<string | null | undefined>> {
  const url = shallowRef<string | null | undefined>()
  let turn = 0
  const release = () => {
    if (url.value) URL.revokeObjectURL(url.value)
    url.value = undefined
  }
  const stop = watch(sha256, async (hash) => {
    const mine = ++turn
    release()
    if (!hash) return
    const blob = await readFile(hash, size).catch(() => null)
    if (mine === turn) url.value = blob ? URL.createObjectURL(blob) : null
  }, { immediate: true })
  onScopeDispose(() => {
    turn++
    stop()
    release()
  })
  return url
}
