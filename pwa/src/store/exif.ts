/** When a photo was taken, as the camera wrote it: a picture chosen from the gallery must keep its own time. */

const HEAD_BYTES = 128 * 1024
const EXIF_POINTER = 0x8769
const TAKEN = 0x9003
const OFFSET = 0x9011

/** An instant, or null when the file says nothing or is no JPEG. Without a zone the phone's own is meant. */
export async function takenByCamera(file: Blob): Promise<string | null> {
  if (file.type !== 'image/jpeg') return null
  try {
    return readTaken(new DataView(await file.slice(0, HEAD_BYTES).arrayBuffer()))
  } catch {
    return null // cut short or broken: the file's own date serves
  }
}

export function readTaken(view: DataView): string | null {
  const start = exifOf(view)
  if (start === null) return null
  const little = view.getUint16(start) === 0x4949
  const first = find(view, start + view.getUint32(start + 4, little), little, EXIF_POINTER)
  if (first === null) return null
  const folder = start + view.getUint32(first + 8, little)
  const taken = textAt(view, start, find(view, folder, little, TAKEN), little)
  const hit = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(taken)
  if (!hit) return null
  const zone = /^[+-]\d\d:\d\d/.exec(textAt(view, start, find(view, folder, little, OFFSET), little))?.[0] ?? ''
  const at = new Date(`${hit[1]}-${hit[2]}-${hit[3]}T${hit[4]}${zone}`)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

/** Where the TIFF header of the EXIF segment begins. */
function exifOf(view: DataView): number | null {
  if (view.getUint16(0) !== 0xffd8) return null
  for (let at = 2; at + 4 < view.byteLength;) {
    const marker = view.getUint16(at)
    if (marker < 0xff00 || marker === 0xffda) return null
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return at + 10
    at += 2 + view.getUint16(at + 2)
  }
  return null
}

function find(view: DataView, folder: number, little: boolean, tag: number): number | null {
  const count = view.getUint16(folder, little)
  for (let i = 0; i < count; i++) {
    const entry = folder + 2 + i * 12
    if (view.getUint16(entry, little) === tag) return entry
  }
  return null
}

function textAt(view: DataView, start: number, entry: number | null, little: boolean): string {
  if (entry === null) return ''
  const length = view.getUint32(entry + 4, little)
  const at = length > 4 ? start + view.getUint32(entry + 8, little) : entry + 8
  return Array.from({ length }, (_, i) => String.fromCharCode(view.getUint8(at + i))).join('').replace(/\0.*$/s, '')
}
