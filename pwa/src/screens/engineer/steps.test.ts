import { describe, expect, it } from 'vitest'
import lifecycles from '@rules/lifecycles.json'
import type { VisitState } from '@/protocol/nouns'
import { mainStep, otherSteps } from './steps'

describe('the next step', () => {
  it('leads an on-site visit from dispatched to submitted, one press at a time', () => {
    const states: VisitState[] = ['dispatched', 'accepted', 'travelling', 'arrived', 'working', 'work_done', 'signed']
    expect(states.map((state) => mainStep(state, 'on_site'))).toEqual(['accept', 'travel', 'arrive', 'work', 'finish', 'report', 'submit'])
  })

  it('begins remote work without travelling', () => {
    expect(mainStep('accepted', 'remote')).toBe('work')
    expect(otherSteps('accepted', 'remote')).not.toContain('arrive')
  })

  it('offers arriving at once to someone who is there already', () => {
    expect(otherSteps('accepted', 'on_site')).toEqual(['arrive', 'cannot_complete', 'decline'])
  })

  it('exists in every open state and in no other', () => {
    for (const state of lifecycles.visit.states as VisitState[]) {
      expect([state, mainStep(state, 'on_site') !== null]).toEqual([state, lifecycles.visit.open.includes(state)])
    }
  })
})
