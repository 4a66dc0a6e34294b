/** What a photo is compared with, and what can lie over the camera's view. */
import type { RowOf } from '@/store'

type Photo = RowOf<'attachment'>

/** A photo to lay over the view. `beforeId`: of this visit, so that an "after" can say which "before" it answers. */
export interface Overlay { key: string; sha256: string; from: 'here' | 'last' | 'defect'; at: string; beforeId: string | null }

/** In the order in which they were taken; two of the same moment in the order of their birth. */
export const bySequence = (a: Photo, b: Photo): number =>
  (a.body.taken_at < b.body.taken_at ? -1 : a.body.taken_at > b.body.taken_at ? 1 : a.id < b.id ? -1 : 1)

/** The marked copy of a photo is no view of its own. */
export const isMarkedCopy = (photo: Photo, all: ReadonlyMap<string, Photo>): boolean => {
  const parent = photo.body.parent_noun === 'attachment' ? all.get(photo.body.parent_id ?? '') : undefined
  return parent !== undefined && parent.body.purpose === photo.body.purpose
}

/** The pair a photo belongs to: the one it was taken over, else the latest "before" that came ahead of it. */
export function pairOf(photo: Photo, photos: readonly Photo[]): { before: Photo; after: Photo } | null {
  const all = new Map(photos.map((one) => [one.id, one]))
  const befores = photos.filter((one) => one.body.purpose === 'before').toSorted(bySequence)
  const afters = photos.filter((one) => one.body.purpose === 'after').toSorted(bySequence)
  if (photo.body.purpose === 'after') {
    const original = isMarkedCopy(photo, all) ? all.get(photo.body.parent_id!)! : photo
    const linked = original.body.parent_noun === 'attachment' ? all.get(original.body.parent_id ?? '') : undefined
    const before = linked?.body.purpose === 'before' ? linked : befores.findLast((one) => one.body.taken_at <= photo.body.taken_at)
    return before ? { before, after: photo } : null
  }
  if (photo.body.purpose !== 'before') return null
  const after = afters.find((one) => one.body.parent_id === photo.id) ?? afters.find((one) => one.body.taken_at >= photo.body.taken_at)
  return after ? { before: photo, after } : null
}

/** This visit's own "before" first, then what the place looked like at earlier visits, then defects still open. */
export function overlaysOf(
  photos: readonly Photo[], records: readonly RowOf<'service_record'>[], defects: readonly RowOf<'defect'>[], visitId: string, assetId: string | null,
): Overlay[] {
  const all = new Map(photos.map((one) => [one.id, one]))
  const here = photos.filter((one) => one.body.purpose === 'before' && !isMarkedCopy(one, all)).toSorted(bySequence).toReversed()
    .map((one): Overlay => ({ key: one.id, sha256: one.body.sha256, from: 'here', at: one.body.taken_at, beforeId: one.id }))
  const isOf = (row: RowOf<'service_record'>) => Number(assetId !== null && row.body.asset_id === assetId)
  const last = records.filter((row) => row.body.visit_id !== visitId && row.body.photos?.length)
    .toSorted((a, b) => isOf(b) - isOf(a) || (b.body.finished_at ?? '').localeCompare(a.body.finished_at ?? ''))
    .flatMap((row) => row.body.photos!.filter((one) => one.purpose !== 'nameplate').map((one): Overlay =>
      ({ key: one.id, sha256: one.sha256, from: 'last', at: one.taken_at, beforeId: null })))
  const found = defects.filter((row) => ['open', 'work_order', 'fixed_on_spot'].includes(row.body.state))
    .flatMap((row) => row.body.photos.map((one): Overlay => ({ key: one.id, sha256: one.sha256, from: 'defect', at: row.body.device_at ?? '', beforeId: null })))
  return [...here, ...last, ...found].slice(0, MOST)
}

/** More than a thumb wants to go through while it holds the phone up. */
const MOST = 24
