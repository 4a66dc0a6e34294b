import { effectScope } from 'vue'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { changeItem } from '@/office/template'
import { newId } from '@/protocol/ids'
import { applyPull } from '@/store/apply'
import type { Store } from '@/store/current'
import { DORA, page, phone, wire } from '../../../../tests/world'
import { useTemplate, type Template } from './useTemplate'

const BASE = newId()
const item = { id: 'a-01', group: '', group_en: '', label: '门锁', label_en: '', type: 'check', mandatory: false, unit: '', min: null, max: null, options: [], options_en: [], show_if: null, on_fail: [], help: '', help_en: '' }
const body = (version: number, more: object = {}) => ({ code: 'GUARD', name: '值守', name_en: '', kind: 'monthly', version, items: [item], created_by: DORA, device_at: null, server_at: '2026-11-21T00:00:00.000Z', ...more })
let store: Store
let stop = () => {}

beforeEach(async () => {
  store = await phone(DORA, 'Dora')
  await applyPull(store, page({ rows: [wire('checklist_version', BASE, 'ref', body(1), 20)], rev: 20, cookie: 'c2' }), '2026-11-21T08:01:00.000Z')
})
afterEach(() => stop())

/** The editor as it is opened: each time a page of its own. */
async function open(): Promise<Template> {
  stop()
  const scope = effectScope()
  stop = () => scope.stop()
  const template = scope.run(() => useTemplate('GUARD'))!
  await vi.waitFor(() => expect(template.ready.value && template.newest.value !== undefined).toBe(true))
  return template
}
const edit = (template: Template, label: string): void => template.change(changeItem(template.draft.value, 'a-01', { label }))

test('a draft is there again after the page was closed without a network, and can be taken back', async () => {
  let template = await open()
  edit(template, '门锁完好')
  edit(template, '门锁完好无损')
  await vi.waitFor(async () => expect(JSON.stringify(await store.db.drafts.get('template:GUARD'))).toContain('无损'))
  template = await open()
  expect([template.items.value[0]!.label, template.isChanged.value, template.problems.value]).toEqual(['门锁完好无损', true, []])
  await template.discard()
  expect([template.items.value[0]!.label, template.isChanged.value]).toEqual(['门锁', false])
})

test('what was published waits, is let go when it has arrived, and is a draft again when it was refused', async () => {
  let template = await open()
  edit(template, '门锁完好')
  await template.publish()
  await vi.waitFor(() => expect(template.fate.value).toBe('waiting'))
  const id = template.draft.value.published!
  expect(template.versions.value.map((row) => [row.body.version, row.pending])).toEqual([[2, true], [1, false]])
  await vi.waitFor(async () => expect(JSON.stringify(await store.db.drafts.get('template:GUARD'))).toContain(id))
  await store.db.rows.delete(`checklist_version:${id}`) // the server said no, and the row is gone
  template = await open()
  await vi.waitFor(() => expect([template.fate.value, template.items.value[0]!.label]).toEqual(['refused', '门锁完好']))
  await store.db.rows.put({ ...(await store.db.rows.get(`checklist_version:${BASE}`))!, key: `checklist_version:${id}`, id, body: body(2) } as never)
  await vi.waitFor(() => expect([template.isKept.value, template.newest.value?.body.version]).toEqual([false, 2]))
})

test('over what somebody else published nothing is published unseen', async () => {
  const template = await open()
  edit(template, '门锁完好')
  expect(template.moved.value).toBeUndefined()
  await applyPull(store, page({ rows: [wire('checklist_version', newId(), 'ref', body(2, { name: '值守二' }), 30)], rev: 30, cookie: 'c3' }), '2026-11-21T08:02:00.000Z')
  await vi.waitFor(() => expect(template.moved.value?.body.version).toBe(2))
})
