/** A picture as it will be kept: its own time, and as large as its owner wants pictures to be. */
import { now } from './clock'
import { deviceSetting, setDeviceSetting } from './device'

/** The longer side in pixels; null: as the camera made it. */
export type PhotoSize = null | 2560 | 1600
export const PHOTO_SIZES: readonly PhotoSize[] = [null, 2560, 1600]
const SETTING = 'photoSize'
const QUALITY = 0.86
const BY_NAME: Record<string, string> = { heic: 'image/heic', heif: 'image/heif', jpg: 'image/jpeg', jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp', avif: 'image/avif' }

export interface Prepared { blob: Blob; mime: string; takenAt: string }

export const photoSize = async (): Promise<PhotoSize> => (await deviceSetting<PhotoSize>(SETTING)) ?? null
export const wantPhotoSize = (size: PhotoSize): Promise<void> => setDeviceSetting(SETTING, size)

/** What this browser cannot read (HEIC outside Apple's) is kept as it is: the server reads it. */
export async function prepared(file: Blob): Promise<Prepared> {
  const takenAt = await takenOf(file)
  const mime = mimeOf(file)
  const longest = await photoSize()
  if (!longest || !mime.startsWith('image/')) return { blob: file, mime, takenAt }
  const { shrink } = await import('./shrinking')
  const made = await shrink(file, longest, QUALITY)
  return made && made.blob.size < file.size ? { blob: made.blob, mime: 'image/jpeg', takenAt } : { blob: file, mime, takenAt }
}

/** Some systems give a HEIC no type at all. */
export const mimeOf = (file: Blob): string =>
  file.type || BY_NAME[(file instanceof File ? file.name : '').split('.').at(-1)!.toLowerCase()] || 'application/octet-stream'

/** A camera's file carries when it was taken; a blob of ours is taken now. */
export async function takenOf(file: Blob): Promise<string> {
  if (!(file instanceof File)) return now()
  const written = await import('./exif').then(({ takenByCamera }) => takenByCamera(file)).catch(() => null)
  return written ?? (file.lastModified > 0 ? new Date(file.lastModified).toISOString() : now())
}

/** Several chosen at once, in the order in which they were taken. */
export async function inOrder(files: readonly File[]): Promise<File[]> {
  const timed = await Promise.all(files.map(async (file) => ({ file, at: await takenOf(file) })))
  return timed.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.file.name.localeCompare(b.file.name, 'en', { numeric: true }))).map(({ file }) => file)
}
