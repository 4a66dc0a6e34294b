import { beforeEach, expect, test, vi } from 'vitest'
import { setLocale } from '@/i18n'
import { payloadFields, payloadText } from './payload'

const VISIT = '01900000-0000-7000-8000-000000000102'
const look = (_: string, value: string) => (value === VISIT ? 'SN1 恒远大厦' : null)
const said = (args: Record<string, unknown>) => payloadFields(args, look).map(({ name, value }) => [name, value])

beforeEach(async () => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
  vi.stubGlobal('document', { documentElement: {}, title: '' })
  await setLocale('zh-CN')
})

test('what an act says is said in words, never as JSON or ids', () => {
  const args = {
    id: VISIT, visit_id: VISIT, part_id: '01900000-0000-7000-8000-0000000000ff', quantity: 3, source: 'own', serials: ['A1', 'A2'], note: '',
    place: { lat: 39.9, lng: 116.4 }, strokes: { box: [[1, 2]] }, sha256: 'ff', taken_at: '2026-11-21T08:00:00.000Z',
  }
  expect(said(args)).toEqual([
    ['任务', 'SN1 恒远大厦'], ['备件', '（这台设备上没有这条记录）'], ['数量', '3'], ['来源', '个人库'], ['序列号', 'A1、A2'], ['备注', '（空）'],
    ['位置', 'lat 39.9、lng 116.4'], ['笔迹', '（随附，内容完整保留）'], ['拍摄时间', '2026年11月21日 16:00:00'],
  ])
})

test('an edit says what was and what it became', () => {
  expect(said({ visit_id: VISIT, changes: { cause_text: ['受潮', '短路'] } })).toEqual([['任务', 'SN1 恒远大厦'], ['原因说明', '受潮 → 短路']])
})

test('only texts and numbers can be typed anew', () => {
  const fields = payloadFields({ visit_id: VISIT, quantity: 3, source: 'own', note: '垫片', serials: ['A'] }, look)
  expect(fields.filter((field) => field.raw !== null).map((field) => field.key)).toEqual(['quantity', 'note'])
})

test('one line of it can be kept as a note', () => {
  expect(payloadText('使用备件', payloadFields({ quantity: 3, note: '垫片' }, look))).toBe('使用备件：数量 3、备注 垫片')
})
