/** Time zones as data: twin of `sync/zones.py`. A browser's own tables are as old as the phone, the server's are not. */
import rules from '@rules/zones.json'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const SUNDAY = 0

interface Switch { month: number; week: number; utc_minutes: number }
interface Said { offset: number; summer?: { offset: number; starts: Switch; ends: Switch } }

const zones = rules.zones as Record<string, Said>
export const ZONES = Object.keys(zones)

/** The `week`th Sunday of the month (-1: the last), so many minutes after its midnight in UTC. */
function instantOf({ month, week, utc_minutes }: Switch, year: number): number {
  const first = week < 0 ? Date.UTC(year, month, 1) : Date.UTC(year, month - 1, 1)
  const weekday = new Date(first).getUTCDay()
  const days = week < 0 ? -((weekday - SUNDAY + 7) % 7 || 7) : ((SUNDAY - weekday + 7) % 7) + (week - 1) * 7
  return first + days * DAY + utc_minutes * MINUTE
}

/** Times on the wall are counted as if they were UTC, in milliseconds. */
export interface Zone { offsetAt(instant: number): number; instant(local: number): number }

/** A zone by its name in the tz database; throws for one the data does not have. */
export function zone(name: string): Zone {
  const said = zones[name]
  if (!said) throw new RangeError(`unknown zone: ${name}`)
  const winter = said.offset * MINUTE
  const { summer } = said
  if (!summer) return { offsetAt: () => winter, instant: (local) => local - winter }
  const summerOffset = summer.offset * MINUTE
  const offsetAt = (instant: number): number => {
    const year = new Date(instant).getUTCFullYear()
    const [begin, end] = [instantOf(summer.starts, year), instantOf(summer.ends, year)]
    const isSummer = begin < end ? begin <= instant && instant < end : !(end <= instant && instant < begin) // the southern half
    return isSummer ? summerOffset : winter
  }
  /** Of two, the earlier; one that is skipped is as the winter counts. */
  const instant = (local: number): number => {
    const found = [summerOffset, winter].find((offset) => offsetAt(local - offset) === offset)
    return local - (found ?? winter)
  }
  return { offsetAt, instant }
}
