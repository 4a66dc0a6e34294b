/**
 * How complete the archive of a site is, and what is missing. Twin of `sync/handover.py`; both run
 * `tests/vectors/handover.json`. Pure.
 */
import rules from '@rules/handover.json'
import type { AssetBody, Common, Day, DocumentBody, Id, SiteBody } from './reference'

export type HandoverState = 'received' | 'waived' | 'open'
/** What the office says of a line at a site: received on paper, or not asked there. */
export interface HandoverItemBody extends Common {
  site_id: Id
  code: string
  state: HandoverState
  received_on: Day | null
  note: string
}
export interface SetHandoverArgs { id: Id; site_id: Id; code: string; state: HandoverState; received_on?: Day | null; note?: string }

interface Rule { code: string; of: string; field?: string; fields?: string[]; kinds?: string[]; weight: number; name: string; name_en: string }
export const HANDOVER_LINES: readonly Rule[] = rules.lines
const WHOLE = 1000 // shares are whole thousandths: both languages round the same

export interface Archive {
  site: Partial<SiteBody>
  assets: readonly (Partial<AssetBody> & { id: Id })[]
  documents: readonly Partial<DocumentBody>[]
  points: readonly { active: boolean }[]
  items: readonly { code: string; state: HandoverState }[]
}
export interface HandoverLine { code: string; state: 'complete' | 'partly' | 'missing' | 'waived'; have: number; of: number; lacking: string[] }

type Count = [have: number, of: number, lacking: string[]]

/** `percent` is whole and rounded down: a hundred means that nothing is missing. */
export function completeness(archive: Archive): { percent: number; lines: HandoverLine[] } {
  const said = new Map(archive.items.map((item) => [item.code, item.state]))
  let [total, reached] = [0, 0]
  const lines = HANDOVER_LINES.map((line): HandoverLine => {
    if (said.get(line.code) === 'waived') return { code: line.code, state: 'waived', have: 0, of: 0, lacking: [] }
    const [have, of, lacking] = countOf(line, archive, said)
    const share = of ? Math.floor((WHOLE * have) / of) : 0
    total += line.weight
    reached += line.weight * share
    return { code: line.code, state: share === WHOLE ? 'complete' : have ? 'partly' : 'missing', have, of, lacking }
  })
  return { percent: total ? Math.floor(reached / (total * (WHOLE / 100))) : 100, lines }
}

function countOf(line: Rule, { site, assets, documents, points }: Archive, said: ReadonlyMap<string, HandoverState>): Count {
  const inForce = documents.filter((row) => row.state === 'active')
  const any = (found: boolean): Count => [found ? 1 : 0, 1, []]
  switch (line.of) {
    case 'site': return any(isFilled((site as Record<string, unknown>)[line.field!]))
    case 'assets': return any(assets.length > 0)
    case 'asset': {
      const lacking = assets.filter((row) => !line.fields!.every((field) => isFilled((row as Record<string, unknown>)[field]))).map((row) => row.id)
      return [assets.length - lacking.length, assets.length || 1, lacking]
    }
    case 'document': return any(inForce.some((row) => line.kinds!.includes(row.kind!) && Boolean(row.site_id)))
    case 'manual': {
      const classes = [...new Set(assets.flatMap((row) => row.asset_class || []))]
      const covered = new Set(inForce.filter((row) => row.kind === 'manual').map((row) => row.asset_class))
      const lacking = classes.filter((one) => !covered.has(one))
      return [classes.length - lacking.length, classes.length || 1, lacking]
    }
    case 'points': return any(points.some((row) => row.active))
    default: return any(said.get(line.code) === 'received')
  }
}

const isFilled = (value: unknown): boolean => value !== null && value !== undefined && (typeof value !== 'string' || /[^ \t\r\n\u00a0\u3000]/.test(value))
