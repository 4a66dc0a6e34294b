import { describe, expect, it } from 'vitest'
import type { RowOf } from '@/store'
import { readTaken } from '../../store/exif'
import { isDrawn, mean } from './marks'
import { isMarkedCopy, overlaysOf, pairOf } from './views'

type Photo = RowOf<'attachment'>
const photo = (id: string, purpose: string, taken_at: string, parent_id: string | null = null): Photo =>
  ({ id, body: { purpose, taken_at, parent_id, parent_noun: parent_id && 'attachment', sha256: id } }) as unknown as Photo

describe('a pair', () => {
  const [b1, b2] = [photo('b1', 'before', '2026-11-27T01:00:00.000Z'), photo('b2', 'before', '2026-11-27T01:05:00.000Z')]
  it('is the "before" an "after" was taken over, not the nearest', () => {
    const after = photo('a', 'after', '2026-11-27T02:00:00.000Z', 'b1')
    expect(pairOf(after, [b1, b2, after])?.before.id).toBe('b1')
    expect(pairOf(b1, [b1, b2, after])?.after.id).toBe('a')
  })
  it('is the latest "before" ahead of it where nothing says more, and none where there is none', () => {
    const after = photo('a', 'after', '2026-11-27T02:00:00.000Z')
    expect(pairOf(after, [b1, b2, after])?.before.id).toBe('b2')
    expect(pairOf(after, [after])).toBeNull()
    expect(pairOf(photo('s', 'site', '2026-11-27T02:00:00.000Z'), [b1])).toBeNull()
  })
  it('takes a marked copy for its original', () => {
    const after = photo('a', 'after', '2026-11-27T02:00:00.000Z', 'b1')
    const copy = photo('c', 'after', '2026-11-27T02:00:00.000Z', 'a')
    const all = [b1, b2, after, copy]
    expect(isMarkedCopy(copy, new Map(all.map((one) => [one.id, one])))).toBe(true)
    expect(isMarkedCopy(after, new Map(all.map((one) => [one.id, one])))).toBe(false)
    expect(pairOf(copy, all)?.before.id).toBe('b1')
  })
})

it('what lies over the view is this visit first, then the asset\'s own last time, then other times, then defects', () => {
  const record = (id: string, asset_id: string, finished_at: string, visit_id = 'old') =>
    ({ id, body: { asset_id, finished_at, visit_id, photos: [{ id, sha256: id, purpose: 'after', taken_at: finished_at }, { id: `${id}n`, sha256: id, purpose: 'nameplate', taken_at: finished_at }] } }) as unknown as RowOf<'service_record'>
  const defect = { id: 'd', body: { state: 'open', photos: [{ id: 'd', sha256: 'd' }], device_at: null } } as unknown as RowOf<'defect'>
  const records = [record('other', 'y', '2026-10-02'), record('own', 'x', '2026-10-01'), record('self', 'x', '2026-11-27', 'now')]
  const found = overlaysOf([photo('b', 'before', '2026-11-27T01:00:00.000Z')], records, [defect], 'now', 'x')
  expect(found.map(({ key, from, beforeId }) => [key, from, beforeId])).toEqual([
    ['b', 'here', 'b'], ['own', 'last', null], ['other', 'last', null], ['d', 'defect', null],
  ])
})

it('a blurred cell is the mean of what was there', () => {
  const black = [0, 0, 0, 255]
  const white = [255, 255, 255, 255]
  expect(mean(new Uint8ClampedArray([...black, ...white, ...white, ...black]), 2, 0, 0, 2, 2)).toEqual([128, 128, 128])
})

it('a touch without a pull draws nothing', () => {
  expect(isDrawn({ x: 0.5, y: 0.5 }, { x: 0.505, y: 0.5 })).toBe(false)
  expect(isDrawn({ x: 0.5, y: 0.5 }, { x: 0.7, y: 0.5 })).toBe(true)
})

describe('the camera\'s own time', () => {
  /** A JPEG's head with one EXIF folder, as a phone writes it: little-endian, zone in a field of its own. */
  function head(taken: string, zone: string): DataView {
    const bytes = new Uint8Array(160)
    const view = new DataView(bytes.buffer)
    view.setUint16(0, 0xffd8)
    view.setUint16(2, 0xffe1)
    view.setUint16(4, 150)
    view.setUint32(6, 0x45786966)
    const tiff = 12
    view.setUint16(tiff, 0x4949)
    view.setUint32(tiff + 4, 8, true)
    const entry = (at: number, tag: number, count: number, value: number) => {
      view.setUint16(at, tag, true)
      view.setUint32(at + 4, count, true)
      view.setUint32(at + 8, value, true)
    }
    view.setUint16(tiff + 8, 1, true)
    entry(tiff + 10, 0x8769, 1, 26)
    view.setUint16(tiff + 26, 2, true)
    entry(tiff + 28, 0x9003, 20, 60)
    entry(tiff + 40, 0x9011, 7, 90)
    new TextEncoder().encodeInto(`${taken}\0`, bytes.subarray(tiff + 60))
    new TextEncoder().encodeInto(`${zone}\0`, bytes.subarray(tiff + 90))
    return view
  }
  it('is read with its zone', () => expect(readTaken(head('2026:11:20 09:30:15', '+08:00'))).toBe('2026-11-20T01:30:15.000Z'))
  it('is none when the file holds none', () => {
    expect(readTaken(head('0000:00:00 00:00:00', '+08:00'))).toBeNull()
    expect(readTaken(new DataView(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0]).buffer))).toBeNull()
  })
})
