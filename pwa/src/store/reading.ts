/** Bytes for a screen: this device's own copy first, else the server's. */
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import { currentStore } from './current'
import { localBytes } from './files'
import { askServer } from './server'

export type Size = 'original' | '320' | '1280'

/** The file as a Blob; null when neither this device nor, at the moment, the server has it. */
export async function readFile(sha256: string, size: Size = 'original'): Promise<Blob | null> {
  const local = await localBytes(currentStore().db, sha256)
  if (local) return new Blob([local.bytes], { type: local.mime })
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
