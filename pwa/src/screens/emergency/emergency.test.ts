import { describe, expect, it } from 'vitest'
import { reactive } from 'vue'
import { emergencyEn } from '@/i18n/emergency.en'
import { emergencyZh } from '@/i18n/emergency.zh'
import { roleMay } from '@/office/permits'
import type { EmergencyEntryBody, EmergencyPlanBody } from '@/protocol/nouns'
import { contentOf, dialled, faultsOf, inForce, lastCalls, stepsOf, type EntryRow, type PlanRow } from './plans'

const AT = '2026-11-21T01:00:00.000Z'
const minutes = (n: number): string => new Date(Date.parse(AT) + n * 60_000).toISOString()
const COMMON = { created_by: 'u', device_at: AT, server_at: AT }

const plan = (more: Partial<EmergencyPlanBody> = {}): EmergencyPlanBody => ({
  ...COMMON, code: 'control-room', version: 1, level: 1, name: '监控中心瘫痪', name_en: '', scenario: '', state: 'published', decided_by: null, decided_at: null,
  roster: [{ id: 'c', group: 'command', user_id: null, name: '孙主任', duty: '', phone: '13900000001' }],
  steps: [{ id: 'a', group: 'team', text: '断电', text_en: '', minutes: 15 }, { id: 'b', group: 'team', text: '通报', text_en: '', minutes: null }], suppliers: [], ...more,
})
const row = (id: string, body: EmergencyPlanBody): PlanRow => ({ noun: 'emergency_plan', id, scope: 'ref', rev: 1, body, pending: false }) as PlanRow
let n = 0
const entry = (at: string, more: Partial<EmergencyEntryBody>): EntryRow => ({
  id: `e${n++}`,
  body: { ...COMMON, parent_noun: 'emergency', parent_id: 'x', work_order_id: null, kind: 'tick', step_id: null, contact_id: null, contact_name: '', phone: '', result: null, text: '', by_name: '艾丽', at, ...more },
})

describe('the plan in force', () => {
  it('is the highest published version of its code, the gravest level first', () => {
    const rows = [row('1', plan()), row('2', plan({ version: 2 })), row('3', plan({ version: 3, state: 'proposed' })), row('4', plan({ code: 'fire', level: 2 })), row('5', plan({ code: 'old', state: 'retired' }))]
    expect(inForce(rows.toReversed()).map(({ id }) => id)).toEqual(['2', '4'])
    expect(inForce(undefined)).toEqual([])
  })
})

describe('a run', () => {
  it('counts a step by its last line, whichever phone said it first', () => {
    const lines = [entry(minutes(9), { step_id: 'a', kind: 'untick' }), entry(minutes(5), { step_id: 'a' }), entry(minutes(12), { step_id: 'a', by_name: '鲍勃' })]
    expect(stepsOf(plan(), lines, AT, Date.parse(minutes(13)))[0]!.done?.by_name).toBe('鲍勃')
    expect(stepsOf(plan(), lines.slice(0, 2), AT, Date.parse(minutes(13)))[0]!.done).toBeNull()
  })

  it('a step is late when its minutes have passed without it, or before it', () => {
    const late = (entries: EntryRow[], now: number) => stepsOf(plan(), entries, AT, Date.parse(minutes(now))).map((one) => one.late)
    expect(late([], 15)).toEqual([false, false])
    expect(late([], 16)).toEqual([true, false])
    expect(late([entry(minutes(14), { step_id: 'a' })], 60)).toEqual([false, false])
    expect(late([entry(minutes(20), { step_id: 'a' })], 60)).toEqual([true, false])
    expect(stepsOf(plan(), [], null, Date.parse(minutes(60)))[0]!.late).toBe(false) // a drill that has not begun
  })

  it('remembers how the last call to each contact went', () => {
    const call = { kind: 'call' as const, contact_id: 'c', contact_name: '孙主任' }
    const calls = lastCalls([entry(minutes(8), { ...call, result: 'reached' }), entry(minutes(3), { ...call, result: 'no_answer' })])
    expect(calls.get('c')?.result).toBe('reached')
  })

  it('dials what a phone can dial', () => {
    expect(dialled('400-800 1234(值班)')).toBe('tel:4008001234')
    expect(dialled('+86 139 0000')).toBe('tel:+861390000')
  })
})

describe('the editor', () => {
  it('says what keeps a plan from being one', () => {
    expect(faultsOf(contentOf(plan()))).toEqual([])
    expect(faultsOf(contentOf(null))).toEqual(['em.fault.code', 'em.fault.name', 'em.fault.command', 'em.fault.steps'])
    const wrong = contentOf(plan())
    wrong.roster[0]!.phone = '找小王'
    expect(faultsOf(wrong)).toEqual(['em.fault.phone'])
  })

  it('changes a copy, never the version it began from', () => {
    const was = plan()
    contentOf(was).roster[0]!.name = '别人'
    expect(was.roster[0]!.name).toBe('孙主任')
    expect(contentOf(reactive(was)).roster).toEqual(was.roster) // as a screen holds it
  })
})

describe('who may', () => {
  it('is read from the rules the server reads', () => {
    expect(roleMay('emergency_plan.publish', ['department_head'])).toBe(true)
    expect(roleMay('emergency_plan.publish', ['supervisor'])).toBe(false)
    expect(roleMay('emergency.activate', ['call_back'])).toBe(true) // the office
    expect(roleMay('emergency.activate', ['engineer'])).toBe(false) // by role alone: it takes a visit
    expect(roleMay('delay.decide', ['module_head'])).toBe(true) // by the ladder
    expect(roleMay('visit.accept', ['supervisor', 'engineer'])).toBe(false)
  })
})

describe('the words', () => {
  it('are there in both languages', () => {
    expect(Object.keys(emergencyEn).sort()).toEqual(Object.keys(emergencyZh).sort())
    expect(Object.values(emergencyEn).filter((text) => /[\u4e00-\u9fff]/.test(text))).toEqual([])
  })
})
