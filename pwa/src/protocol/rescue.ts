/**
 * The rescue file, twin of `sync/rescue.py`, where its layout is told. Sealed with WebCrypto under the office's public
 * key: who carries it cannot read it, and no password has to be thought of.
 */

export const FORMAT = 1
export const CHUNK_BYTES = 512 * 1024
const MAGIC = 'XUNXIU-RESCUE-1\n'
const utf8 = new TextEncoder()

/** The office's public key as the server tells it with the session. */
export interface OfficeKey { spki: string; fingerprint: string }

export const isOfficeKey = (value: unknown): value is OfficeKey =>
  typeof (value as OfficeKey | null)?.spki === 'string' && typeof (value as OfficeKey).fingerprint === 'string'

type Bytes = Uint8Array<ArrayBuffer>

export const jsonRecord = (value: object): Bytes => record('J', utf8.encode(JSON.stringify(value)))
export const bytesRecord = (bytes: Uint8Array): Bytes => record('B', bytes)

function record(kind: 'J' | 'B', data: Uint8Array): Bytes {
  const whole = new Uint8Array(data.length + 1)
  whole[0] = kind.charCodeAt(0)
  whole.set(data, 1)
  return whole
}

/** Seals record after record; only one is in memory as plain bytes. `last` must be true of the last and of no other. */
export class Seal {
  private index = 0

  private constructor(private readonly key: CryptoKey, private readonly header: Bytes) {}

  static async for(office: OfficeKey): Promise<{ seal: Seal; preamble: Bytes }> {
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt'])
    const theirs = await crypto.subtle.importKey('spki', fromBase64(office.spki), { name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['encrypt'])
    const raw = await crypto.subtle.exportKey('raw', key)
    const wrapped = new Uint8Array(await crypto.subtle.encrypt({ name: 'RSA-OAEP' }, theirs, raw))
    const header = utf8.encode(JSON.stringify({ key: office.fingerprint, wrapped: toBase64(wrapped) }))
    return { seal: new Seal(key, header), preamble: joined(utf8.encode(MAGIC), length(header), header) }
  }

  async record(plain: Bytes, last: boolean): Promise<Bytes> {
    const iv = nonce(this.index++, last)
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: this.header, tagLength: 128 }, this.key, plain)
    return joined(length(new Uint8Array(sealed)), new Uint8Array(sealed))
  }
}

/** Eleven bytes of the record's index, one that says whether it is the last: a key is used for one file only. */
export function nonce(index: number, last: boolean): Bytes {
  const iv = new Uint8Array(12)
  new DataView(iv.buffer).setUint32(7, index)
  iv[11] = last ? 1 : 0
  return iv
}

function length(of: Uint8Array): Bytes {
  const four = new Uint8Array(4)
  new DataView(four.buffer).setUint32(0, of.length)
  return four
}

function joined(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))
