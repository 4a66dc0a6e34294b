import { describe, expect, it } from 'vitest'
import { kilometres, spotOf, travelMs } from './distance'

describe('distance', () => {
  it('from West Lake to the east station of Hangzhou is about nine kilometres', () => {
    expect(kilometres({ lat: 30.2489, lng: 120.1485 }, { lat: 30.2908, lng: 120.2126 })).toBeCloseTo(7.7, 0)
  })
  it('of a site without coordinates is not made up', () => {
    expect([spotOf({ lat: '30.2', lng: null }), spotOf(null), spotOf({ lat: '', lng: '' })]).toEqual([null, null, null])
    expect(spotOf({ lat: '30.25', lng: '120.15' })).toEqual({ lat: 30.25, lng: 120.15 })
  })
  it('takes longer than the crow', () => expect(travelMs(13) / 60_000).toBeCloseTo(50, 0))
})
