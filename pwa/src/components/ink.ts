import type { Strokes } from '@/protocol/nouns'

/** A signature shorter than this share of its box's width is a slip of the finger, not a name. */
const MIN_LENGTH = 0.25
/** And its drawing must span at least this share of the box's width or height: a scribbled dot is long but small. */
const MIN_SPAN = 0.08
const MIN_POINTS = 8

/** True when there is enough ink to be somebody's signature. */
export function isSigned(strokes: Strokes | null | undefined): boolean {
  if (!strokes || !strokes.width || !strokes.height) return false
  const points = strokes.strokes.flatMap((stroke) => stroke.points)
  if (points.length < MIN_POINTS) return false
  let length = 0
  for (const { points: line } of strokes.strokes) {
    for (let i = 1; i < line.length; i++) {
      const [a, b] = [line[i - 1]!, line[i]!]
      length += Math.hypot(b[0] - a[0], b[1] - a[1])
    }
  }
  const xs = points.map((point) => point[0])
  const ys = points.map((point) => point[1])
  const wide = (Math.max(...xs) - Math.min(...xs)) / strokes.width
  const high = (Math.max(...ys) - Math.min(...ys)) / strokes.height
  return length >= MIN_LENGTH * strokes.width && Math.max(wide, high) >= MIN_SPAN
}

/** The same strokes in another box: as large as fits, never stretched, because a stretched name is another name. */
export function fitted(strokes: Strokes, width: number, height: number): Strokes {
  if (!strokes.width || !strokes.height) return { width, height, strokes: [] }
  const scale = Math.min(width / strokes.width, height / strokes.height)
  const left = (width - strokes.width * scale) / 2
  const top = (height - strokes.height * scale) / 2
  return {
    width,
    height,
    strokes: strokes.strokes.map(({ points }) => ({
      points: points.map(([x, y, t]) => [left + x * scale, top + y * scale, t] as [number, number, number]),
    })),
  }
}
