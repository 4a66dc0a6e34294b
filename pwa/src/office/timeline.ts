/** The timeline as geometry: instants to pixels and back, and visits that overlap in rows below each other. */
import type { Card, Range } from './board'
import { addDays, startOfDay } from './days'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

export interface Scale {
  from: number
  to: number
  pxPerHour: number
  /** Moves and sizes come to rest at multiples of this. */
  snapMs: number
  /** Hours between two labelled lines. */
  tick: number
}

/** One day is read by the quarter of an hour, a week by the half day. */
const ZOOM: Record<number, { pxPerHour: number; snap: number; tick: number }> = {
  1: { pxPerHour: 72, snap: 15, tick: 1 }, 3: { pxPerHour: 30, snap: 30, tick: 3 }, 7: { pxPerHour: 13, snap: 60, tick: 6 },
}
/** The working day is in view when the timeline opens. */
export const OPENS_AT_HOUR = 7

export function scaleOf(range: Range): Scale {
  const { pxPerHour, snap, tick } = ZOOM[range.days] ?? ZOOM[1]!
  return { from: startOfDay(range.from), to: startOfDay(addDays(range.from, range.days)), pxPerHour, snapMs: snap * MINUTE_MS, tick }
}

export const xOf = (at: number, scale: Scale): number => ((at - scale.from) / HOUR_MS) * scale.pxPerHour
export const widthOf = (scale: Scale): number => xOf(scale.to, scale)
export const at = (x: number, scale: Scale): number => scale.from + (x / scale.pxPerHour) * HOUR_MS
export const snap = (ms: number, scale: Scale): number => Math.round((ms - scale.from) / scale.snapMs) * scale.snapMs + scale.from

export interface Block { card: Card; x: number; width: number; row: number }

/** Below this a block cannot be grabbed. */
const MIN_WIDTH = 18

export interface Laid { blocks: Block[]; rows: number; before: Card[] }

/** Blocks of one lane in the fewest rows; `before`: what is still open from before the days shown. */
export function lay(cards: readonly Card[], scale: Scale): Laid {
  const ends: number[] = []
  const blocks: Block[] = []
  const before: Card[] = []
  for (const card of [...cards].sort((a, b) => (a.slotStart < b.slotStart ? -1 : 1))) {
    const [start, end] = [Date.parse(card.slotStart), Date.parse(card.slotEnd)]
    if (end <= scale.from) {
      before.push(card)
      continue
    }
    const x = xOf(Math.max(start, scale.from), scale)
    const width = Math.max(MIN_WIDTH, xOf(Math.min(end, scale.to), scale) - x)
    let row = ends.findIndex((taken) => taken <= x)
    if (row < 0) row = ends.length
    ends[row] = x + width
    blocks.push({ card, x, width, row })
  }
  return { blocks, rows: Math.max(1, ends.length), before }
}

export interface Tick { x: number; hour: number; day: number; midnight: boolean }

export function ticksOf(scale: Scale): Tick[] {
  const ticks: Tick[] = []
  for (let ms = scale.from; ms < scale.to; ms += scale.tick * HOUR_MS) {
    const hour = Math.round((ms - scale.from) / HOUR_MS) % 24
    ticks.push({ x: xOf(ms, scale), hour, day: ms, midnight: hour === 0 })
  }
  return ticks
}
