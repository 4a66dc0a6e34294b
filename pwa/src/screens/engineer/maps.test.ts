import { beforeAll, describe, expect, it, vi } from 'vitest'
import type * as Maps from './maps'

const SITE = { name: '华园大厦', address: '建国路 1 号', lat: '39.908', lng: '116.459' }
const ANDROID = 'Mozilla/5.0 (Linux; Android 14)'
let maps: typeof Maps
beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => 'nokia', setItem: () => {} })
  maps = await import('./maps')
})

describe('the way to a site', () => {
  it('goes to its coordinates in every map, longitude first where the map says so', () => {
    expect(maps.routeLink('amap', SITE, ANDROID)).toContain('to=116.459,39.908,')
    expect(maps.routeLink('baidu', SITE, ANDROID)).toMatch(/^baidumap:.*latlng:39\.908,116\.459/)
    expect(maps.routeLink('apple', SITE, 'iPhone')).toContain('daddr=39.908,116.459')
    expect(maps.routeLink('google', SITE, ANDROID)).toContain('destination=39.908,116.459')
    expect(maps.routeLink('system', SITE, ANDROID)).toMatch(/^geo:39\.908,116\.459/)
  })
  it('goes to the address when nobody knows the coordinates', () => {
    const unknown = { ...SITE, lat: null, lng: null }
    for (const app of maps.MAPS) expect(maps.routeLink(app, unknown, ANDROID)).toContain(encodeURIComponent('建国路'))
  })
  it('asks until somebody has chosen a map that exists', () => expect(maps.mapApp.value).toBeNull())
  it("offers Apple's map on Apple's devices only", () => {
    expect(maps.mapsHere(ANDROID)).not.toContain('apple')
    expect(maps.mapsHere('iPhone')).toContain('apple')
  })
})
