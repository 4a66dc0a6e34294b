/** The way to a site in a map app of the phone; which one, the person says once. */
import { ref } from 'vue'

export const MAPS = ['amap', 'baidu', 'apple', 'google', 'system'] as const
export type MapApp = (typeof MAPS)[number]
export interface Target { name: string; address: string; lat: string | null; lng: string | null }

const KEY = 'xunxiu.map'
const known = (value: string | null): MapApp | null => MAPS.find((name) => name === value) ?? null

/** Null until somebody has chosen. */
export const mapApp = ref<MapApp | null>(known(localStorage.getItem(KEY)))
export function chooseMap(app: MapApp): void {
  mapApp.value = app
  localStorage.setItem(KEY, app)
}

/** Apple's maps open on Apple's devices only. */
export const mapsHere = (agent: string = navigator.userAgent): MapApp[] =>
  MAPS.filter((app) => app !== 'apple' || /iPhone|iPad|Macintosh/.test(agent))

/** A route to the site, by coordinates (GCJ-02, as maps in China count) when there are any, else by its address. */
export function routeLink(app: MapApp, { name, address, lat, lng }: Target, agent: string = navigator.userAgent): string {
  const at = lat && lng ? `${lat},${lng}` : ''
  const label = encodeURIComponent(name || address)
  const words = encodeURIComponent(address || name)
  const phone = /iPhone|iPad|Android/.test(agent)
  if (app === 'amap') {
    return at ? `https://uri.amap.com/navigation?to=${lng},${lat},${label}&mode=car&coordinate=gaode&src=xunxiu&callnative=1`
      : `https://uri.amap.com/search?keyword=${words}&src=xunxiu&callnative=1`
  }
  if (app === 'baidu') {
    if (phone) return `baidumap://map/direction?destination=${at ? `name:${label}|latlng:${at}` : words}&coord_type=gcj02&mode=driving&src=xunxiu`
    return at ? `https://api.map.baidu.com/marker?location=${at}&title=${label}&content=${words}&coord_type=gcj02&output=html&src=xunxiu`
      : `https://map.baidu.com/search/?querytype=s&wd=${words}`
  }
  if (app === 'apple') return `https://maps.apple.com/?daddr=${at || words}&dirflg=d`
  if (app === 'google') return `https://www.google.com/maps/dir/?api=1&destination=${at || words}`
  if (/iPhone|iPad|Macintosh/.test(agent)) return `https://maps.apple.com/?${at ? `ll=${at}&` : ''}q=${words}`
  if (/Android/.test(agent)) return at ? `geo:${at}?q=${at}(${label})` : `geo:0,0?q=${words}`
  return routeLink('amap', { name, address, lat, lng }, agent)
}
