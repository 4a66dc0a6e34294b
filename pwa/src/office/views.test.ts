import { expect, test } from 'vitest'
import { sortCards, type Card } from './board'
import { fit, gather, legible, scaleBar, toScreen, project, zoom } from './chart'
import { kilometres, lastSeen, pointOf } from './places'
import { byId, type Held } from './rows'
import { at, lay, scaleOf, snap, widthOf, xOf } from './timeline'

const DAY = scaleOf({ from: '2026-11-21', days: 1 })
const card = (id: string, from: string, to: string, more: object = {}): Card =>
  ({ id, slotStart: `2026-11-21T${from}:00.000Z`, slotEnd: `2026-11-21T${to}:00.000Z`, deadline: { dueAt: null }, ...more }) as unknown as Card

test('a day of the timeline is 24 hours of China, and pixels and instants are each other\'s inverse', () => {
  expect(new Date(DAY.from).toISOString()).toBe('2026-11-20T16:00:00.000Z')
  expect(widthOf(DAY)).toBe(24 * DAY.pxPerHour)
  const noon = Date.parse('2026-11-21T04:07:00.000Z')
  expect(Math.round(at(xOf(noon, DAY), DAY))).toBe(noon)
  expect(new Date(snap(noon, DAY)).toISOString()).toBe('2026-11-21T04:00:00.000Z')
})

test('visits that overlap lie below each other, others beside, and what is over before the day is kept apart', () => {
  const laid = lay([card('b', '02:00', '03:00'), card('a', '01:00', '02:30'), card('c', '02:30', '04:00'), card('old', '00:00', '00:30', { slotStart: '2026-11-19T01:00:00.000Z', slotEnd: '2026-11-19T02:00:00.000Z' })], DAY)
  expect(laid.blocks.map((b) => [b.card.id, b.row])).toEqual([['a', 0], ['b', 1], ['c', 0]])
  expect([laid.rows, laid.before.map((c) => c.id)]).toEqual([2, ['old']])
})

test('the list sorts by what is known; what is not known comes last', () => {
  const cards = [card('x', '01:00', '02:00', { deadline: { dueAt: null } }), card('y', '02:00', '03:00', { deadline: { dueAt: '2026-11-21T05:00:00.000Z' } })]
  expect(sortCards(cards, 'due', false).map((c) => c.id)).toEqual(['y', 'x'])
  expect(sortCards(cards, 'slot', true).map((c) => c.id)).toEqual(['y', 'x'])
})

test('a map shows all that was asked for, and a zoom keeps the point under the pointer', () => {
  const points = [{ lat: 30.19, lng: 120.01 }, { lat: 30.42, lng: 120.35 }]
  const view = fit(points, 800, 600)
  for (const p of points.map((point) => toScreen(project(point), view))) expect(p.x > 0 && p.x < 800 && p.y > 0 && p.y < 600).toBe(true)
  const there = { x: 200, y: 100 }
  const under = { x: view.x + (there.x - 400) / view.size, y: view.y + (there.y - 300) / view.size }
  const after = toScreen(under, zoom(view, 2, there))
  expect([Math.round(after.x), Math.round(after.y)]).toEqual([200, 100])
  const bar = scaleBar(view)
  expect([bar.metres, bar.px <= 120]).toEqual([5000, true])
})

test('marks that would cover each other are one spot, parted by coming nearer unless they are at one place', () => {
  const site = { lat: 30.25, lng: 120.16 }
  const near = { lat: 30.252, lng: 120.162 }
  const far = { lat: 30.4, lng: 120.3 }
  const items = [{ point: site, item: 'a' }, { point: near, item: 'b' }, { point: far, item: 'c' }]
  const spots = gather(items, fit([site, far], 800, 600))
  expect(spots.map((s) => [s.items.join(''), s.together])).toEqual([['ab', false], ['c', true]])
  expect(gather(items, fit([site, near], 800, 600)).map((s) => s.items.join(''))).toEqual(['a', 'b'])
  expect(legible([{ x: 0, y: 0, width: 50 }, { x: 20, y: 5, width: 50 }, { x: 0, y: 40, width: 50 }])).toEqual([true, false, true])
})

test('somebody was last where evidence last puts them, and a remote visit puts nobody anywhere', () => {
  const sites = byId([{ id: 's1', body: { lat: '30.25', lng: '120.16' } }]) as unknown as Map<string, Held<'site'>>
  const visit = (id: string, more: object) => ({ id, body: { lead_id: 'a', site_id: 's1', mode: 'on_site', times: { arrived: '2026-11-21T01:00:00.000Z' }, ...more } }) as unknown as Held<'visit'>
  const photo = { body: { created_by: 'a', withdrawn: false, visit_id: 'v1', taken_at: '2026-11-21T00:30:00.000Z', place: { lat: '31', lng: '121' } } } as unknown as Held<'attachment'>
  expect(lastSeen([visit('v1', {}), visit('v2', { lead_id: 'b', mode: 'remote' })], [photo], sites)).toEqual(new Map([['a', { point: { lat: 30.25, lng: 120.16 }, at: '2026-11-21T01:00:00.000Z', how: 'site', visitId: 'v1' }]]))
  expect(pointOf({ lat: '', lng: '' })).toBeNull()
  expect(Math.round(kilometres({ lat: 30.25, lng: 120.16 }, { lat: 30.34, lng: 120.16 }))).toBe(13)
})
