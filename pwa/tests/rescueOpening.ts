/** Opens a rescue file as the office does, for tests: the app itself can only seal. */
import { nonce } from '../src/protocol/rescue'

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))

export interface Opened { head: Record<string, unknown>; acts: unknown[]; files: { about: Record<string, unknown>; bytes: Uint8Array }[]; ended: boolean }

export async function opened(file: Uint8Array, pkcs8: string): Promise<Opened> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (new TextDecoder().decode(file.slice(0, 16)) !== 'XUNXIU-RESCUE-1\n') throw new Error('foreign')
  const frames: Uint8Array<ArrayBuffer>[] = []
  for (let at = 16; at < file.length;) {
    const size = view.getUint32(at)
    frames.push(new Uint8Array(file.slice(at + 4, at + 4 + size)))
    at += 4 + size
  }
  const [header, ...records] = frames
  const { wrapped } = JSON.parse(new TextDecoder().decode(header)) as { wrapped: string }
  const office = await crypto.subtle.importKey('pkcs8', fromBase64(pkcs8), { name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['decrypt'])
  const raw = await crypto.subtle.decrypt({ name: 'RSA-OAEP' }, office, fromBase64(wrapped))
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt'])
  const found: Opened = { head: {}, acts: [], files: [], ended: false }
  for (const [i, sealed] of records.entries()) {
    const iv = nonce(i, i === records.length - 1)
    take(found, new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: header! }, key, sealed)))
  }
  return found
}

function take(found: Opened, plain: Uint8Array): void {
  const file = found.files.at(-1)
  if (plain[0] === 66) {
    file!.bytes = Uint8Array.from([...file!.bytes, ...plain.slice(1)])
    return
  }
  const value = JSON.parse(new TextDecoder().decode(plain.slice(1))) as Record<string, unknown>
  if (value['kind'] === 'bundle') found.head = value
  else if (value['kind'] === 'acts') found.acts.push(...(value['acts'] as unknown[]))
  else if (value['kind'] === 'file') found.files.push({ about: value, bytes: new Uint8Array() })
  else found.ended = true
}
