import { describe, expect, it } from 'vitest'
import type { ChecklistItem } from '@/protocol/checklist'
import { templateFaults } from '@/protocol/template'
import {
  addGroup, addItem, blankDraft, changeGroup, changeItem, changeType, dropOn, draftOf, findItem, itemsOf, moveGroup, moveItem, nextId, removeGroup, removeItem,
  templateChanges, type Draft,
} from './template'

const item = (id: string, group: string, more: Partial<ChecklistItem> = {}): ChecklistItem => ({
  id, group, group_en: '', label: id, label_en: '', type: 'check', mandatory: false, unit: '', min: null, max: null, options: [], options_en: [], show_if: null,
  on_fail: [], help: '', help_en: '', ...more,
})
const ITEMS = [item('m-01', '机房'), item('m-02', '机房', { type: 'number', min: '18', max: '28', unit: '℃' }), item('m-03', '现场'), item('m-04', '现场', { show_if: { item: 'm-03', op: '=', value: 'fail' } })]
const version = { code: 'MON-01', name: '月巡查', name_en: 'Monthly', kind: 'monthly', version: 3, items: ITEMS, created_by: null, device_at: null, server_at: null } as never
const draft = (): Draft => draftOf('v3', version)
const ids = (d: Draft) => itemsOf(d).map((one) => `${one.group}/${one.id}`)
const former = new Map(ITEMS.map((one) => [one.id, one.type]))

describe('a draft', () => {
  it('that nobody changed is the version it was made from', () => {
    expect(itemsOf(draft())).toEqual(ITEMS)
    expect(templateChanges(ITEMS, itemsOf(draft()))).toEqual([])
  })

  it('moves an item up and down, and past the end of its group into the next', () => {
    let d = moveItem(draft(), 'm-02', 1)
    expect(ids(d)).toEqual(['机房/m-01', '现场/m-02', '现场/m-03', '现场/m-04'])
    d = moveItem(d, 'm-02', -1)
    expect(ids(d)).toEqual(ids(draft()))
    expect(moveItem(d, 'm-01', -1)).toEqual(d)
    expect(moveItem(d, 'm-04', 1)).toEqual(d)
  })

  it('drops an item where another stands, from above and from below', () => {
    expect(ids(dropOn(draft(), 'm-04', 'm-01'))).toEqual(['机房/m-04', '机房/m-01', '机房/m-02', '现场/m-03'])
    expect(ids(dropOn(draft(), 'm-01', 'm-04'))).toEqual(['机房/m-02', '现场/m-03', '现场/m-01', '现场/m-04'])
  })

  it('moves a group with all it holds, and only an empty one can be taken away', () => {
    expect(ids(moveGroup(draft(), 1, -1))).toEqual(['现场/m-03', '现场/m-04', '机房/m-01', '机房/m-02'])
    const more = changeGroup(addGroup(draft()), 2, { name: '屋顶' })
    expect(removeGroup(more, 0)).toBe(more)
    expect(removeGroup(more, 2).groups).toHaveLength(2)
  })

  it('numbers a new item in the manner of the others, and never as one that was', () => {
    const gone = removeItem(draft(), 'm-04')
    expect(nextId(gone, former)).toBe('m-05')
    expect(nextId({ ...blankDraft(), code: 'GUARD' }, new Map())).toBe('guard-01')
    const [d, id] = addItem(draft(), 'text', 'm-01', former)
    expect([id, ids(d)]).toEqual(['m-05', ['机房/m-01', '机房/m-05', '机房/m-02', '现场/m-03', '现场/m-04']])
  })

  it('gives a published item of another type an id of its own, and its conditions follow', () => {
    const [d, id] = changeType(draft(), 'm-03', 'photo', former)
    expect(id).toBe('m-05')
    expect(findItem(d, 'm-04')?.show_if?.item).toBe('m-05')
    expect(templateFaults(itemsOf(d), former)).toEqual([{ item: 'm-04', field: 'show_if', code: 'show-if-type' }])
    const [back, same] = changeType(addItem(draft(), 'text', 'm-04', former)[0], 'm-05', 'date', former)
    expect([same, findItem(back, 'm-05')?.type]).toEqual(['m-05', 'date'])
  })

  it('leaves nothing behind that belongs to another type', () => {
    const d = changeItem(draft(), 'm-02', { type: 'text', on_fail: ['defect'], fail_options: ['x'] })
    expect(findItem(d, 'm-02')?.min).toBe('18') // one may change one's mind
    expect(itemsOf(d)[1]).toEqual(item('m-02', '机房', { type: 'text' }))
    const limits = itemsOf(changeItem(draft(), 'm-02', { min: '', max: ' 27 ', on_fail: ['note'] }))[1]!
    expect([limits.min, limits.max, limits.on_fail]).toEqual([null, '27', ['note']])
    const choice = itemsOf(changeItem(draft(), 'm-01', { type: 'choice', options: ['好', '坏'], options_en: ['Good', ''], fail_options: ['坏', '旧'], on_fail: ['photo'] }))[0]!
    expect([choice.options_en, choice.fail_options, choice.on_fail]).toEqual([['Good', '坏'], ['坏'], ['photo']])
  })
})

describe('what differs between two versions', () => {
  it('is named with what it was and what it is, and the fewest moves', () => {
    const newer = [item('m-09', '现场'), ITEMS[3]!, { ...ITEMS[0]!, help: '看灯' }, { ...ITEMS[1]!, max: '27' }]
    expect(templateChanges(ITEMS, newer).map((one) => [one.item, one.change, one.fields])).toEqual([
      ['m-09', 'added', []], ['m-04', 'moved', []], ['m-01', 'changed', [{ name: 'help', was: '', now: '看灯' }]],
      ['m-02', 'changed', [{ name: 'max', was: '28', now: '27' }]], ['m-03', 'removed', []],
    ])
  })
})
