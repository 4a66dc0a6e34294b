import type { RowOf } from '@/store'

/** What was done here before: the asset's own first, then the site's, each from the latest; never this visit itself. */
export function recordsOf(
  rows: readonly RowOf<'service_record'>[], assetId: string | null, visitId: string,
): RowOf<'service_record'>[] {
  const isSame = (row: RowOf<'service_record'>) => Number(assetId !== null && row.body.asset_id === assetId)
  return rows
    .filter((row) => row.body.visit_id !== visitId)
    .toSorted((a, b) => isSame(b) - isSame(a) || (b.body.finished_at ?? '').localeCompare(a.body.finished_at ?? ''))
}

/** True when the record holds all the words searched for, in any language of its text. */
export function matches(row: RowOf<'service_record'>, query: string): boolean {
  const { title, symptom, cause, action, text, engineer_name, number } = row.body
  const hay = [title, symptom, cause, action, text, engineer_name, number].join(' ').toLowerCase()
  return query.toLowerCase().split(/\s+/).every((word) => hay.includes(word))
}
