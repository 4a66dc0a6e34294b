/** Which documents the next days need: drawings of their sites, manuals of what stands there, last time's pictures. */
import type { RowOf } from '@/store'
import type { Wanted } from '@/store/prefetching'

const AHEAD_MS = 2 * 24 * 3600_000
const BEHIND_MS = 12 * 3600_000
const LAST_TIME = 4
/** A picture made for the screen; its size is not known ahead. */
const PICTURE_BYTES = 200_000

const OVER = new Set(['submitted', 'reviewed', 'cancelled', 'declined'])

export interface Rows {
  visits: readonly RowOf<'visit'>[]
  documents: readonly RowOf<'document'>[]
  assets: readonly RowOf<'asset'>[]
  records: readonly RowOf<'service_record'>[]
}

/** The nearest visit first. */
export function wantedAhead({ visits, documents, assets, records }: Rows, userId: string, nowMs: number): Wanted[] {
  const sites = [...new Set(visits
    .filter(({ body }) => (body.lead_id === userId || body.helper_ids.includes(userId)) && !OVER.has(body.state))
    .filter(({ body }) => Date.parse(body.slot_end) > nowMs - BEHIND_MS && Date.parse(body.slot_start) < nowMs + AHEAD_MS)
    .toSorted((a, b) => (a.body.slot_start < b.body.slot_start ? -1 : 1)).map(({ body }) => body.site_id))]
  const active = documents.filter(({ body }) => body.state === 'active')
  return sites.flatMap((site) => {
    const here = assets.filter(({ body }) => body.site_id === site)
    const drawings = active.filter(({ body }) => body.site_id === site)
    const manuals = active.filter(({ body }) => !body.site_id && here.some((asset) => covers(body, asset.body)))
    const last = records.filter(({ body }) => body.site_id === site && body.photos?.length)
      .toSorted((a, b) => ((a.body.finished_at ?? '') < (b.body.finished_at ?? '') ? 1 : -1))[0]?.body.photos ?? []
    return [
      ...[...drawings, ...manuals].flatMap(({ body }) => body.pages.map(({ sha256, size }): Wanted => ({ sha256, size: 'original', bytes: size }))),
      ...last.slice(0, LAST_TIME).map(({ sha256 }): Wanted => ({ sha256, size: '1280', bytes: PICTURE_BYTES })),
    ]
  })
}

/** A manual of a model, of a brand's class, or of a class of equipment. */
const covers = (manual: RowOf<'document'>['body'], asset: RowOf<'asset'>['body']): boolean => (manual.model
  ? manual.model === asset.model
  : Boolean(manual.asset_class) && manual.asset_class === asset.asset_class && (!manual.brand || manual.brand === asset.brand))
