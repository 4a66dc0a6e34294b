/** A small tus 1.0 client over fetch: tus-js-client needs XMLHttpRequest, which a service worker does not have. */
import { sha256Of } from '../store/files'
import { NoContact, problemOf, request, type Sender } from './http'

/** Milliseconds for one PATCH. */
const PATCH_TIMEOUT_MS = 120_000
const TUS = { 'Tus-Resumable': '1.0.0' }
const UPLOADS = '/api/files/uploads'

export interface Resource { sha256: string; attachmentId: string; size: number }

/** Opens an upload, or finds the one under way: its address, and how far the server is, in bytes. */
export async function create(sender: Sender, { sha256, attachmentId, size }: Resource): Promise<{ url: string; offset: number }> {
  const headers = {
    ...TUS, 'Upload-Length': String(size), 'Upload-Metadata': `sha256 ${btoa(sha256)},attachment ${btoa(attachmentId)}`,
  }
  const answer = await request(sender, UPLOADS, { method: 'POST', headers })
  if (!answer.ok) throw await problemOf(answer)
  const location = answer.headers.get('Location')
  if (answer.status !== 201 || !location) throw new NoContact('No address for the upload')
  const url = new URL(location, globalThis.location?.href ?? 'http://localhost').pathname
  return { url, offset: answer.headers.has('Upload-Offset') ? readOffset(answer) : 0 }
}

/** How far the server is, in bytes: its count and never ours, which a kill may have left behind. Null: it has forgotten. */
export async function offsetOf(sender: Sender, url: string): Promise<number | null> {
  const answer = await request(sender, url, { method: 'HEAD', headers: TUS })
  if (answer.status === 404 || answer.status === 410 || answer.status === 403) return null
  return readOffset(answer)
}

/** Sends one piece and gives the new offset; null when the server is elsewhere (409) or the upload is gone. */
export async function patch(
  sender: Sender, url: string, offset: number, bytes: Uint8Array<ArrayBuffer>,
): Promise<number | null> {
  const checksum = await sha256Of(bytes.buffer)
  const answer = await request(sender, url, {
    method: 'PATCH',
    signal: AbortSignal.timeout(PATCH_TIMEOUT_MS),
    headers: {
      ...TUS, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset),
      'Upload-Checksum': `sha256 ${base64OfHex(checksum)}`,
    },
    body: bytes,
  })
  if (answer.status === 409 || answer.status === 404 || answer.status === 410 || answer.status === 460) return null
  if (!answer.ok) throw await problemOf(answer)
  return readOffset(answer)
}

function readOffset(answer: Response): number {
  const offset = Number(answer.headers.get('Upload-Offset') ?? NaN)
  if (!answer.ok || !Number.isSafeInteger(offset) || offset < 0) throw new NoContact(`${answer.status} without an offset`)
  return offset
}

const base64OfHex = (hex: string): string =>
  btoa(String.fromCharCode(...hex.match(/../g)!.map((pair) => Number.parseInt(pair, 16))))
