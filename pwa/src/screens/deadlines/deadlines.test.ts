import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { deadlinesEn } from '@/i18n/deadlines.en'
import { deadlinesZh } from '@/i18n/deadlines.zh'
import { zh } from '@/i18n/zh'
import { PRESETS } from '@/protocol/sla'
import { countsOf, waitingFor, type DeskRows } from './desk'
import { knownPolicies, policyNamed } from './policies'
import { faultOf, formOf, policyOf, settingsOf } from './policyForm'

const AT = '2026-11-20T09:40:00.000Z'
const row = (noun: string, id: string, body: object) => ({ noun, id, scope: '', rev: 1, body: { created_by: 'alice', device_at: AT, ...body } }) as never
const order = (level: number, state = 'planning') => row('work_order', 'w', { level, state })
const rows = (more: Partial<DeskRows>, level = 2): DeskRows =>
  ({ orders: new Map([['w', order(level)]]), holds: [], delays: [], plans: [], helps: [], milestones: [], ...more })

describe('what waits for whom', () => {
  const plan = row('resolution_plan', 'p', { work_order_id: 'w', state: 'review', cause: '电源' })
  it('a plan waits for the head of its level', () => {
    expect(waitingFor(rows({ plans: [plan] }, 2), ['department_head'])).toHaveLength(1)
    expect(waitingFor(rows({ plans: [plan] }, 2), ['module_head'])).toHaveLength(0)
    expect(waitingFor(rows({ plans: [plan] }, 3), ['module_head'])).toHaveLength(1)
  })

  it('a question waits for who stands on its rung, and nothing waits under what has ended', () => {
    const asked = row('escalation', 'e', { work_order_id: 'w', state: 'open', rung: 'specialist', text: '?' })
    expect(waitingFor(rows({ helps: [asked] }), ['specialist'])[0]).toMatchObject({ kind: 'help', text: '?' })
    expect(waitingFor(rows({ helps: [asked] }), ['dispatcher'])).toEqual([])
    expect(waitingFor({ ...rows({ helps: [asked] }), orders: new Map([['w', order(2, 'closed')]]) }, ['specialist'])).toEqual([])
  })

  it('an approved delay waits to be told to the customer', () => {
    const said = row('delay_declaration', 'd', { work_order_id: 'w', state: 'approved', note: '' })
    expect(waitingFor(rows({ delays: [said] }), ['dispatcher']).map((one) => one.kind)).toEqual(['tell'])
  })
})

test('declared in time, explained later and missed in silence are counted apart', () => {
  const due = (id: string, more: object) => row('sla_milestone', id, { due_at: AT, met_at: null, breached: false, ...more })
  const counts = countsOf(rows({
    milestones: [
      due('met', { met_at: AT }), due('declared', { extension: { at: AT, to: AT }, met_at: AT }), due('silent', {}), due('explained', { breached: true }),
      due('paused', { paused_at: AT }),
    ],
    delays: [row('delay_declaration', 'd', { milestone_id: 'explained', before_breach: false, state: 'approved' })],
  }), Date.parse(AT) + 1)
  expect(counts).toEqual({ met: 1, declared: 1, breached: 1, explained: 1 })
})

describe('a policy in the editor', () => {
  it.each(Object.keys(PRESETS))('%s is the same after it was opened and saved', (code) => {
    const preset = PRESETS[code]!
    const saved = policyOf(formOf(code, preset))
    expect(faultOf(formOf(code, preset))).toBeNull()
    expect(saved.levels).toEqual(preset.levels)
    expect(settingsOf(saved)).toEqual({})
  })

  it('is not saved while the engine could not count by it', () => {
    const form = formOf('own', PRESETS.default!)
    const wrong = (change: (own: typeof form) => void) => { const own = structuredClone(form); change(own); return faultOf(own) }
    expect(wrong((own) => { own.code = ' ' })).toBe('code')
    expect(wrong((own) => { own.levels['1']!.resolve.unit = 'none' })).toBe('resolve')
    expect(wrong((own) => { own.closes = '08:00' })).toBe('hours')
    expect(wrong((own) => { own.warn = '90, 50' })).toBe('warn')
    expect(wrong((own) => { own.days_off = '2026-02-30' })).toBe('days')
  })

  it('takes the place of the preset with its code; an unknown code is the default', () => {
    const own = { id: 'x', body: { code: 'vip', name: '重点', name_en: '', settings: { warn: [80] }, levels: PRESETS.vip!.levels, active: true } }
    const known = knownPolicies([own as never])
    expect(known).toHaveLength(Object.keys(PRESETS).length)
    expect(policyNamed('vip', known).warn).toEqual([80])
    expect(policyNamed('gold', known).name).toBe(PRESETS.default!.name)
  })
})

describe('words', () => {
  it('are there for every key the screens ask for, in both languages', () => {
    const missing = readdirSync(import.meta.dirname).filter((name) => /\.(vue|ts)$/.test(name) && !name.includes('.test.')).flatMap((file) =>
      [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/\bt\('([^']+)'/g)].map(([, key]) => key!)
        .filter((key) => !Object.hasOwn(zh, key) && !Object.hasOwn(deadlinesZh, key)).map((key) => `${file}: ${key}`))
    expect(missing).toEqual([])
    const places = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((hit) => hit[1]))].sort().join()
    expect(Object.keys(deadlinesZh).filter((key) => places(deadlinesZh[key as 'dl.title']) !== places(deadlinesEn[key as 'dl.title']))).toEqual([])
  })
})
