/** Sites as the office looks after them: how complete each archive is, what is missing, and the points of a round. Pure. */
import { completeness, type Archive, type HandoverLine } from '@/protocol/handover'
import { groupBy, type Held } from './rows'

export interface SiteArchive { site: Held<'site'>; percent: number; lines: HandoverLine[]; assets: number; points: number }
type Rows<N extends 'asset' | 'document' | 'point' | 'handover_item'> = readonly Held<N>[]

/** The archive of each site, the least complete first. */
export function archivesOf(
  sites: readonly Held<'site'>[], assets: Rows<'asset'>, documents: Rows<'document'>, points: Rows<'point'>, items: Rows<'handover_item'>,
): SiteArchive[] {
  const [assetsOf, pointsOf, itemsOf] = [groupBy(assets, (row) => row.body.site_id), groupBy(points, (row) => row.body.site_id), groupBy(items, (row) => row.body.site_id)]
  const documentsOf = groupBy(documents, (row) => row.body.site_id)
  const everybodys = documents.filter((row) => !row.body.site_id)
  return sites.map((site): SiteArchive => {
    const own = pointsOf.get(site.id) ?? []
    const archive: Archive = {
      site: site.body, assets: (assetsOf.get(site.id) ?? []).map((row) => ({ ...row.body, id: row.id })),
      documents: [...(documentsOf.get(site.id) ?? []), ...everybodys].map((row) => row.body), points: own.map((row) => row.body),
      items: (itemsOf.get(site.id) ?? []).map((row) => row.body),
    }
    return { site, ...completeness(archive), assets: archive.assets.length, points: own.filter((row) => row.body.active).length }
  }).sort((a, b) => a.percent - b.percent || a.site.body.name.localeCompare(b.site.body.name, 'zh'))
}

/** In the order of the round; what is out of use stands at the end. */
export const inRound = (points: Rows<'point'>): Held<'point'>[] => [...points].sort((a, b) =>
  Number(b.body.active) - Number(a.body.active) || a.body.sort - b.body.sort || a.body.code.localeCompare(b.body.code))

/** The new places of those that move when one goes up or down: as few as there are, in steps of ten. */
export function reordered(points: Rows<'point'>, id: string, by: number): { id: string; was: number; now: number }[] {
  const round = inRound(points).filter((row) => row.body.active)
  const at = round.findIndex((row) => row.id === id)
  const to = Math.min(round.length - 1, Math.max(0, at + by))
  if (at < 0 || to === at) return []
  const moved = round.toSpliced(at, 1).toSpliced(to, 0, round[at]!)
  return moved.map((row, i) => ({ id: row.id, was: row.body.sort, now: (i + 1) * 10 })).filter((one) => one.was !== one.now)
}

/** `P06` after `P05`: the next code in the manner of those there are. */
export function nextCode(points: Rows<'point'>): string {
  const numbered = points.flatMap((row) => { const hit = /^(.*?)(\d+)$/.exec(row.body.code); return hit ? [{ prefix: hit[1]!, n: Number(hit[2]), width: hit[2]!.length }] : [] })
  const like = numbered.at(0) ?? { prefix: 'P', n: 0, width: 2 }
  const n = Math.max(0, ...numbered.filter((one) => one.prefix === like.prefix).map((one) => one.n)) + 1
  return `${like.prefix}${String(n).padStart(like.width, '0')}`
}
