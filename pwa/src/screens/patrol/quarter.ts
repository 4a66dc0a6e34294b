/** What a quarter's pack for the customer's leader holds, from what lies on this phone. Pure. */
import { isLiveDefect } from '@/protocol/lifecycle'
import type { RowOf } from '@/store'

export const QUARTER_DAYS = 92
const DAY_MS = 86_400_000

export interface Quarter {
  from: number
  faults: RowOf<'service_record'>[]
  patrols: RowOf<'service_record'>[]
  open: RowOf<'defect'>[]
  /** Put right or seen to be right within the quarter. */
  settled: RowOf<'defect'>[]
}

/** A record tells of a fault when somebody diagnosed one; a patrol leaves none. */
const isFault = ({ body }: RowOf<'service_record'>): boolean => Boolean(body.symptom || body.cause || body.action)

export function quarterOf(records: readonly RowOf<'service_record'>[], defects: readonly RowOf<'defect'>[], now: number): Quarter {
  const from = now - QUARTER_DAYS * DAY_MS
  const within = (at: string | null | undefined) => Boolean(at) && Date.parse(at!) >= from
  const recent = records.filter((row) => within(row.body.finished_at))
    .toSorted((a, b) => (b.body.finished_at ?? '').localeCompare(a.body.finished_at ?? ''))
  const counted = defects.filter((row) => !row.body.withdrawn && row.body.late_state !== 'discarded')
  const order = ['critical', 'major', 'minor']
  return {
    from,
    faults: recent.filter(isFault),
    patrols: recent.filter((row) => !isFault(row)),
    open: counted.filter((row) => isLiveDefect(row.body.state) && row.body.state !== 'fixed_on_spot')
      .toSorted((a, b) => order.indexOf(a.body.severity) - order.indexOf(b.body.severity)),
    settled: counted.filter((row) => ['fixed_on_spot', 'verified', 'closed'].includes(row.body.state) && within(row.body.steps.at(-1)?.at)),
  }
}
