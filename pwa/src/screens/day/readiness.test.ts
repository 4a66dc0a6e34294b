import { describe, expect, it } from 'vitest'
import type { RowOf } from '@/store'
import { missing, phoneChecks, toGo, visitChecks, type PhoneFacts, type VisitFacts } from './readiness'

const PHONE: PhoneFacts = { worker: true, firstSync: true, persisted: true, lastContactAt: '2026-11-21T01:00:00.000Z', prices: 25, catalogue: 300, articles: 40 }
const row = (body: object) => ({ body }) as never
const visit = (body: object = {}) => row({ state: 'accepted', checklist_codes: ['MON-01'], ...body }) as RowOf<'visit'>
const VISIT: VisitFacts = {
  visit: visit(), order: row({ asset_id: 'a', due_at: 'soon', contact_masked: '张女士(5678)' }), site: row({ contact_masked: '' }),
  assetIds: new Set(['a']), checklistCodes: new Set(['MON-01']), settled: true, milestones: 3, hasContact: true, due: true,
}
const names = (checks: ReturnType<typeof missing>) => missing(checks).map(({ need, what }) => (what ? `${need}:${what}` : need))

describe('a visit is ready', () => {
  it('when all it needs is on the phone', () => {
    expect(names([...phoneChecks(PHONE), ...visitChecks(VISIT)])).toEqual([])
  })
  it('and not when anything is missing, which is named', () => {
    expect(names(visitChecks({ ...VISIT, site: undefined, assetIds: new Set(), checklistCodes: new Set(), hasContact: false })))
      .toEqual(['site', 'asset', 'history', 'checklist:MON-01', 'contact'])
    expect(names(visitChecks({ ...VISIT, settled: false }))).toEqual(['history'])
  })
  it('without the number of somebody who is shown on the day only, before that day', () => {
    expect(names(visitChecks({ ...VISIT, hasContact: false, due: false }))).toEqual([])
  })
})

describe('the phone is ready', () => {
  it('not before the first sync is complete, storage is kept and the clock was compared', () => {
    expect(names(phoneChecks({ ...PHONE, firstSync: false, persisted: false, lastContactAt: null }))).toEqual(['first_sync', 'storage', 'clock'])
  })
  it('when the browser cannot say whether it keeps storage: nobody could do anything about it', () => {
    expect(names(phoneChecks({ ...PHONE, persisted: null }))).toEqual([])
  })
  it('not when the app itself would not open', () => expect(names(phoneChecks({ ...PHONE, worker: false, prices: 0 }))).toEqual(['app', 'prices']))
})

it('nobody has to get ready for what is done', () => {
  expect(['accepted', 'working', 'work_done', 'submitted', 'cancelled'].map((state) => toGo(visit({ state })))).toEqual([true, true, false, false, false])
})
