import { describe, expect, test } from 'vitest'
import { archivesOf, inRound, nextCode, reordered } from './sites'

const row = (id: string, body: object) => ({ id, body }) as never
const point = (id: string, sort: number, more: object = {}) => row(id, { site_id: 's1', code: `P0${sort}`, sort, active: true, item_ids: [], ...more })

test('each site is weighed by what is its own, and manuals are everybody\'s', () => {
  const sites = [row('s1', { name: '甲', address: '建设路 1 号' }), row('s2', { name: '乙' })]
  const assets = [row('a', { site_id: 's1', asset_class: '门禁', brand: 'X', model: 'Y', serial: '', location: '', software_version: '' })]
  const documents = [row('d', { site_id: null, kind: 'manual', asset_class: '门禁', state: 'active' }), row('e', { site_id: 's2', kind: 'wiring', asset_class: '', state: 'active' })]
  const found = archivesOf(sites, assets, documents, [point('p', 1)], [row('i', { site_id: 's2', code: 'keys', state: 'received' })])
  const states = (name: string) => Object.fromEntries(found.find((one) => one.site.body.name === name)!.lines.map((line) => [line.code, line.state]))
  expect(states('甲')).toMatchObject({ address: 'complete', assets: 'complete', manuals: 'complete', asset_serial: 'missing', points: 'complete', wiring: 'missing', keys: 'missing' })
  expect(states('乙')).toMatchObject({ address: 'missing', assets: 'missing', wiring: 'complete', keys: 'complete', points: 'missing' })
  expect(found.map((one) => one.site.id)).toEqual(found[0]!.percent <= found[1]!.percent ? [found[0]!.site.id, found[1]!.site.id] : [])
  expect(found.find((one) => one.site.id === 's1')).toMatchObject({ assets: 1, points: 1 })
})

describe('the points of a round', () => {
  const points = [point('b', 2), point('a', 1), point('x', 0, { active: false }), point('c', 3)]

  test('stand in its order, those out of use at the end', () => {
    expect(inRound(points).map((one) => one.id)).toEqual(['a', 'b', 'c', 'x'])
  })

  test('move by as few changes as there are, and never past the ends', () => {
    expect(reordered(points, 'c', -1)).toEqual([{ id: 'a', was: 1, now: 10 }, { id: 'c', was: 3, now: 20 }, { id: 'b', was: 2, now: 30 }])
    const tens = [point('a', 10), point('b', 20), point('c', 30)]
    expect(reordered(tens, 'a', 1)).toEqual([{ id: 'b', was: 20, now: 10 }, { id: 'a', was: 10, now: 20 }])
    expect(reordered(tens, 'a', -1)).toEqual([])
    expect(reordered(points, 'x', 1)).toEqual([])
  })

  test('are numbered on', () => {
    expect(nextCode(points)).toBe('P04')
    expect(nextCode([])).toBe('P01')
    expect(nextCode([row('q', { code: 'B1-09' })])).toBe('B1-10')
  })
})
