/** What is drawn on a photo. Places are shares of the picture's width and height, so they hold at every size. */

export type Tool = 'arrow' | 'circle' | 'text' | 'blur'
export interface Spot { x: number; y: number }
export type Mark =
  | { tool: 'arrow' | 'circle'; from: Spot; to: Spot; colour: string }
  | { tool: 'text'; at: Spot; text: string; colour: string }
  | { tool: 'blur'; from: Spot; to: Spot }

/** A thumb that only touched has drawn nothing. */
const SMALLEST = 0.012
/** Cells on the shorter side of what is blurred: each is the mean of what was there, and no letter or eye survives. */
const CELLS = 6

export const isDrawn = ({ x, y }: Spot, to: Spot): boolean => Math.hypot(to.x - x, to.y - y) > SMALLEST

type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

/** Draws the photo and, over it, the marks: first what hides, then what points. */
export function paint(pen: Pen, photo: CanvasImageSource, width: number, height: number, marks: readonly Mark[]): void {
  pen.clearRect(0, 0, width, height)
  pen.drawImage(photo, 0, 0, width, height)
  for (const mark of marks) if (mark.tool === 'blur') blur(pen, mark, width, height)
  for (const mark of marks) {
    if (mark.tool === 'text') write(pen, mark, width, height)
    else if (mark.tool !== 'blur') outline(pen, mark, width, height)
  }
}

function blur(pen: Pen, { from, to }: { from: Spot; to: Spot }, width: number, height: number): void {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)].map((x) => Math.round(Math.min(1, Math.max(0, x)) * width)) as [number, number]
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)].map((y) => Math.round(Math.min(1, Math.max(0, y)) * height)) as [number, number]
  const [w, h] = [right - left, bottom - top]
  if (w < 2 || h < 2) return
  const cell = Math.max(1, Math.round(Math.min(w, h) / CELLS))
  const { data } = pen.getImageData(left, top, w, h)
  for (let y = 0; y < h; y += cell) {
    for (let x = 0; x < w; x += cell) {
      const [r, g, b] = mean(data, w, x, y, Math.min(cell, w - x), Math.min(cell, h - y))
      pen.fillStyle = `rgb(${r} ${g} ${b})`
      pen.fillRect(left + x, top + y, Math.min(cell, w - x), Math.min(cell, h - y))
    }
  }
}

export function mean(data: Uint8ClampedArray, stride: number, x: number, y: number, w: number, h: number): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0]
  for (let row = y; row < y + h; row++) {
    for (let column = x; column < x + w; column++) {
      const at = (row * stride + column) * 4
      for (const channel of [0, 1, 2] as const) sum[channel] += data[at + channel]!
    }
  }
  return sum.map((value) => Math.round(value / (w * h))) as [number, number, number]
}

/** Twice: a dark edge first, so that it is seen on any wall. */
function outline(pen: Pen, { tool, from, to, colour }: { tool: string; from: Spot; to: Spot; colour: string }, width: number, height: number): void {
  const unit = Math.max(width, height) / 220
  const [x1, y1, x2, y2] = [from.x * width, from.y * height, to.x * width, to.y * height]
  pen.lineCap = pen.lineJoin = 'round'
  for (const [line, style] of [[unit * 2.6, 'rgb(0 0 0 / 55%)'], [unit * 1.5, colour]] as const) {
    pen.lineWidth = line
    pen.strokeStyle = style
    pen.beginPath()
    if (tool === 'circle') {
      pen.ellipse((x1 + x2) / 2, (y1 + y2) / 2, Math.abs(x2 - x1) / 2, Math.abs(y2 - y1) / 2, 0, 0, Math.PI * 2)
    } else {
      const angle = Math.atan2(y2 - y1, x2 - x1)
      const head = Math.min(unit * 9, Math.hypot(x2 - x1, y2 - y1) / 2)
      pen.moveTo(x1, y1)
      pen.lineTo(x2, y2)
      for (const turn of [-0.5, 0.5]) {
        pen.moveTo(x2, y2)
        pen.lineTo(x2 - head * Math.cos(angle + turn), y2 - head * Math.sin(angle + turn))
      }
    }
    pen.stroke()
  }
}

function write(pen: Pen, { at, text, colour }: { at: Spot; text: string; colour: string }, width: number, height: number): void {
  const size = Math.max(width, height) / 26
  pen.font = `600 ${size}px system-ui, sans-serif`
  pen.textBaseline = 'middle'
  const box = pen.measureText(text).width + size * 0.7
  const x = Math.max(0, Math.min(at.x * width, width - box))
  const y = Math.max(size * 0.8, Math.min(at.y * height, height - size * 0.8))
  pen.fillStyle = 'rgb(0 0 0 / 62%)'
  pen.fillRect(x, y - size * 0.75, box, size * 1.5)
  pen.fillStyle = colour
  pen.fillText(text, x + size * 0.35, y)
}
