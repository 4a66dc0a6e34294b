/** The map without a map server: positions on a projection of our own, gathered where they would cover each other. */
import type { Point } from './places'

/** Web Mercator, as every web map: a picture beside ours shows the same shapes. Units: fractions of the world. */
export function project({ lat, lng }: Point): { x: number; y: number } {
  const sin = Math.sin((Math.min(85, Math.max(-85, lat)) * Math.PI) / 180)
  return { x: (lng + 180) / 360, y: 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI) }
}

export interface View {
  /** Of the middle, in fractions of the world. */
  x: number
  y: number
  /** Pixels of the whole world. */
  size: number
  width: number
  height: number
}

export const MIN_SIZE = 256 * 2 ** 3
export const MAX_SIZE = 256 * 2 ** 19
const EARTH_M = 40_075_017

export const toScreen = (p: { x: number; y: number }, v: View): { x: number; y: number } =>
  ({ x: (p.x - v.x) * v.size + v.width / 2, y: (p.y - v.y) * v.size + v.height / 2 })

/** The view in which all points are seen with room around them. */
export function fit(points: readonly Point[], width: number, height: number, room = 70): View {
  const all = points.map(project)
  if (!all.length) return { x: 0.8, y: 0.42, size: MIN_SIZE, width, height }
  const [xs, ys] = [all.map((p) => p.x), all.map((p) => p.y)]
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const wide = Math.max(width - 2 * room, 40) / Math.max(right - left, 1e-9)
  const high = Math.max(height - 2 * room, 40) / Math.max(bottom - top, 1e-9)
  const size = Math.min(256 * 2 ** 16, Math.max(MIN_SIZE, Math.min(wide, high)))
  return { x: (left + right) / 2, y: (top + bottom) / 2, size, width, height }
}

/** Nearer or farther around a point of the screen, which stays where it is. */
export function zoom(view: View, factor: number, at = { x: view.width / 2, y: view.height / 2 }): View {
  const size = Math.min(MAX_SIZE, Math.max(MIN_SIZE, view.size * factor))
  const [dx, dy] = [at.x - view.width / 2, at.y - view.height / 2]
  return { ...view, size, x: view.x + dx / view.size - dx / size, y: view.y + dy / view.size - dy / size }
}

export const pan = (view: View, dx: number, dy: number): View => ({ ...view, x: view.x - dx / view.size, y: view.y - dy / view.size })

/** A round length that fits into `longest` pixels, and its pixels. */
export function scaleBar(view: View, longest = 120): { metres: number; px: number } {
  const lat = Math.atan(Math.sinh(Math.PI * (1 - 2 * view.y)))
  const perPixel = (EARTH_M * Math.cos(lat)) / view.size
  const rough = perPixel * longest
  const power = 10 ** Math.floor(Math.log10(rough))
  const metres = [5, 2, 1].map((n) => n * power).find((m) => m <= rough) ?? power
  return { metres, px: metres / perPixel }
}

export interface Spot<T> { x: number; y: number; items: T[]; /** All at one place: nearer does not part them. */ together: boolean }

/** Pixels within which two marks would cover each other. */
const NEAR = 34

/** Marks gathered into spots, in the order given; a spot stays where its first mark is, so that it does not wander. */
export function gather<T>(items: readonly { point: Point; item: T }[], view: View): Spot<T>[] {
  const spots: (Spot<T> & { px: number; py: number })[] = []
  const cells = new Map<string, (typeof spots)[number][]>()
  const margin = NEAR
  for (const { point, item } of items) {
    const world = project(point)
    const { x, y } = toScreen(world, view)
    if (x < -margin || y < -margin || x > view.width + margin || y > view.height + margin) continue
    const [cx, cy] = [Math.floor(x / NEAR), Math.floor(y / NEAR)]
    const near = [-1, 0, 1].flatMap((i) => [-1, 0, 1].flatMap((j) => cells.get(`${cx + i}:${cy + j}`) ?? []))
      .find((s) => Math.hypot(s.x - x, s.y - y) < NEAR)
    if (near) {
      near.items.push(item)
      near.together &&= Math.abs(near.px - world.x) < 1e-8 && Math.abs(near.py - world.y) < 1e-8
      continue
    }
    const spot = { x, y, items: [item], together: true, px: world.x, py: world.y }
    spots.push(spot)
    cells.set(`${cx}:${cy}`, [...(cells.get(`${cx}:${cy}`) ?? []), spot])
  }
  return spots
}

/** Which of the labels can be written without covering one before them. Widths in pixels. */
export function legible(labels: readonly { x: number; y: number; width: number }[], height = 16): boolean[] {
  const taken: { x: number; y: number; width: number }[] = []
  return labels.map((label) => {
    const free = taken.every((o) => Math.abs(o.y - label.y) >= height || label.x + label.width <= o.x || o.x + o.width <= label.x)
    if (free) taken.push(label)
    return free
  })
}
