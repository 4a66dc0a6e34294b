/** What put the same symptom right before, from the records that are on this phone. */
import type { RowOf } from '@/store'

export interface Solution { action: string; cause: string; times: number; last: string; records: RowOf<'service_record'>[] }
interface Asked { symptom: string; assetId: string | null; assetClass: string; model: string }

/** The closer the thing, the more a record counts: the asset itself, the same model, the same class. */
const [SAME_ASSET, SAME_MODEL, SAME_CLASS, ANY] = [8, 4, 2, 1]
const WORKED: Record<string, number> = { passed: 1, partly: 0.4, failed: 0, '': 0.3 }

export function solutionsOf(
  records: readonly RowOf<'service_record'>[], assets: ReadonlyMap<string, RowOf<'asset'>>, { symptom, assetId, assetClass, model }: Asked,
): Solution[] {
  if (!symptom) return []
  const found = new Map<string, Solution & { score: number }>()
  for (const row of records) {
    const { action, cause, finished_at, test_result } = row.body
    const worked = WORKED[test_result] ?? 0
    if (row.body.symptom !== symptom || !action || !worked) continue
    const asset = row.body.asset_id ? assets.get(row.body.asset_id)?.body : undefined
    const near = row.body.asset_id && row.body.asset_id === assetId ? SAME_ASSET
      : model && asset?.model === model ? SAME_MODEL : assetClass && asset?.asset_class === assetClass ? SAME_CLASS : ANY
    const known = found.get(action) ?? { action, cause, times: 0, last: '', records: [], score: 0 }
    known.times += 1
    known.score += near * worked
    known.records.push(row)
    if ((finished_at ?? '') > known.last) Object.assign(known, { last: finished_at ?? '', cause })
    found.set(action, known)
  }
  return [...found.values()].sort((a, b) => b.score - a.score || (a.last < b.last ? 1 : -1)).map(({ score: _, ...rest }) => rest)
}

/** The asset a scanned code names: its number, its serial, or the last part of an address with one of them. */
export function assetOfCode(code: string, assets: readonly RowOf<'asset'>[]): RowOf<'asset'> | undefined {
  const said = code.trim()
  const last = decodeURIComponent(said.split(/[?#]/)[0]!.split('/').filter(Boolean).at(-1) ?? said)
  const wanted = new Set([said, last].map((text) => text.toLowerCase()))
  return assets.find(({ id, body }) => wanted.has(body.number.toLowerCase()) || wanted.has(id))
    ?? assets.find(({ body }) => body.serial && wanted.has(body.serial.toLowerCase()))
}
