/**
 * The report as one long picture, drawn by the phone itself: what a customer without the app looks at in a chat. Text is
 * set by the browser with the fonts it has, so Chinese and English come out as on the screen; pictures and signatures
 * are those that lie on this phone.
 */
import { reportText, reportTitle, sections, signatureBlocks, type CatalogueName, type Locale, type ReportContent, type ReportRow } from '@/protocol/report'

const WIDTH = 750 // points; a phone shows it without zooming
const SCALE = 2
const MARGIN = 40
const LABEL = 150
const LINE = 1.5
const INK = '#12212a'
const QUIET = '#40515a'
const RULE = '#c9d3d7'
const ALARM = '#a1271b'
const FONT = '-apple-system, "PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif'
/** A browser draws no canvas taller than this: beyond it, smaller letters are better than none. */
const MAX_PIXELS = 16_000
const MAX_AREA = 60_000_000

export interface Drawn {
  content: ReportContent
  locale: Locale
  signatures: ReportRow[]
  waivers: ReportRow[]
  reasons: Record<string, CatalogueName>
  hash: string
  changes: string[]
  /** The picture of an attachment, null when its bytes are not on this phone. */
  picture: (attachmentId: string, sha256: string) => Promise<ImageBitmap | null>
}

/** One step of drawing at a height; all are made first, because a canvas has to know its height. */
interface Step { height: number; draw: (top: number) => void }

export async function reportImage(report: Drawn): Promise<Blob> {
  const canvas = document.createElement('canvas')
  const pen = canvas.getContext('2d')!
  const steps = await layOut(report, pen)
  const height = steps.reduce((sum, step) => sum + step.height, MARGIN * 2)
  const scale = Math.min(SCALE, MAX_PIXELS / height, Math.sqrt(MAX_AREA / (WIDTH * height)))
  canvas.width = Math.round(WIDTH * scale)
  canvas.height = Math.round(height * scale)
  pen.scale(scale, scale)
  pen.fillStyle = '#ffffff'
  pen.fillRect(0, 0, WIDTH, height)
  let top = MARGIN
  for (const step of steps) {
    step.draw(top)
    top += step.height
  }
  return new Promise((good, bad) => canvas.toBlob((blob) => (blob ? good(blob) : bad(new Error('No picture of the report'))), 'image/png'))
}

async function layOut(report: Drawn, pen: CanvasRenderingContext2D): Promise<Step[]> {
  const { content, locale } = report
  const paper = new Paper(pen)
  paper.text(reportTitle(content, locale), { size: 30, bold: true, centre: true })
  paper.text(`${reportText('number', locale)} ${String(content.number)}`, { size: 18, colour: QUIET, centre: true })
  paper.rule(INK, 2)
  if (report.changes.length) {
    paper.text(reportText('changed', locale), { size: 18, bold: true, colour: ALARM })
    for (const line of report.changes) paper.text(`• ${line}`, { size: 16, colour: ALARM })
  }
  for (const part of sections(content, locale)) {
    paper.heading(part.title)
    for (const row of part.rows) paper.row(row.label, row.value)
    if (part.table) paper.table(part.table)
    for (const image of part.images ?? []) await paper.picture(await report.picture(image.id, image.sha256), image.caption, reportText('photo_missing', locale))
  }
  paper.heading(reportText('signatures', locale))
  for (const block of signatureBlocks(report.signatures, locale, undefined, report.waivers, report.reasons)) {
    paper.text(block.title, { size: 18, bold: true })
    if (block.image_id) await paper.picture(await report.picture(block.image_id, ''), '', reportText('photo_missing', locale), 130)
    for (const row of block.rows) paper.row(row.label, row.value)
  }
  paper.text(`${reportText('content_hash', locale)}\n${report.hash}`, { size: 13, colour: QUIET })
  return paper.steps
}

interface Style { size: number; bold?: boolean; colour?: string; centre?: boolean }

class Paper {
  readonly steps: Step[] = []
  constructor(private readonly pen: CanvasRenderingContext2D) {}

  text(text: string, style: Style): void {
    const lines = this.broken(text, WIDTH - MARGIN * 2, style)
    this.steps.push({ height: lines.length * style.size * LINE + 6, draw: (top) => this.lines(lines, MARGIN, top, style) })
  }

  rule(colour: string, width: number): void {
    this.steps.push({ height: 14, draw: (top) => {
      this.pen.fillStyle = colour
      this.pen.fillRect(MARGIN, top + 6, WIDTH - MARGIN * 2, width)
    } })
  }

  heading(title: string): void {
    this.steps.push({ height: 12, draw: () => {} })
    this.text(title, { size: 20, bold: true })
    this.rule(RULE, 1)
  }

  row(label: string, value: string): void {
    const style = { size: 17 }
    const names = this.broken(label, LABEL - 12, style)
    const lines = this.broken(value, WIDTH - MARGIN * 2 - LABEL, style)
    const height = Math.max(names.length, lines.length) * style.size * LINE + 6
    this.steps.push({ height, draw: (top) => {
      this.lines(names, MARGIN, top, { ...style, colour: QUIET })
      this.lines(lines, MARGIN + LABEL, top, style)
    } })
  }

  /** Columns as wide as their words ask for, within bounds: a Chinese character counts for two. */
  table({ head, rows, marks }: { head: string[]; rows: string[][]; marks: string[] }): void {
    const weight = (text: string) => [...text].reduce((sum, one) => sum + (one > '\u2e80' ? 2 : 1), 0)
    const asked = head.map((label, i) => Math.min(44, Math.max(8, weight(label), ...rows.map((row) => weight(row[i] ?? '')))))
    const all = asked.reduce((sum, one) => sum + one, 0)
    const widths = asked.map((one) => ((WIDTH - MARGIN * 2) * one) / all)
    const style = { size: 15 }
    const line = (cells: string[], colour: string, bold = false) => {
      const broken = cells.map((cell, i) => this.broken(cell, widths[i]! - 10, { ...style, bold }))
      this.steps.push({ height: Math.max(...broken.map((one) => one.length)) * style.size * LINE + 8, draw: (top) => {
        let left = MARGIN
        broken.forEach((lines, i) => {
          this.lines(lines, left, top, { ...style, bold, colour })
          left += widths[i]!
        })
      } })
    }
    line(head, QUIET, true)
    rows.forEach((row, i) => line(row, marks[i] === 'fail' ? ALARM : INK))
  }

  async picture(image: ImageBitmap | null, caption: string, missing: string, tallest = 420): Promise<void> {
    if (!image) {
      this.text([missing, caption].filter(Boolean).join(' / '), { size: 15, colour: QUIET })
      return
    }
    const scale = Math.min(1, (WIDTH - MARGIN * 2) / image.width, tallest / image.height)
    const [width, height] = [image.width * scale, image.height * scale]
    this.steps.push({ height: height + 10, draw: (top) => this.pen.drawImage(image, MARGIN, top + 4, width, height) })
    if (caption) this.text(caption, { size: 15, colour: QUIET })
  }

  private font({ size, bold }: Style): void {
    this.pen.font = `${bold ? '600 ' : ''}${size}px ${FONT}`
  }

  private lines(lines: string[], left: number, top: number, style: Style): void {
    this.font(style)
    this.pen.fillStyle = style.colour ?? INK
    this.pen.textBaseline = 'top'
    lines.forEach((line, i) => {
      const x = style.centre ? (WIDTH - this.pen.measureText(line).width) / 2 : left
      this.pen.fillText(line, x, top + i * style.size * LINE + style.size * 0.2)
    })
  }

  /** Between any two Chinese characters, else between words, and within a word only when it is longer than the line. */
  private broken(text: string, width: number, style: Style): string[] {
    this.font(style)
    return text.split('\n').flatMap((paragraph) => {
      const found: string[] = []
      let line = ''
      for (const piece of paragraph.match(/[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+/gu) ?? ['']) {
        if (this.pen.measureText(line + piece.trimEnd()).width <= width) {
          line += piece
          continue
        }
        if (line) found.push(line.trimEnd())
        line = ''
        for (const one of piece) {
          if (line && this.pen.measureText(line + one).width > width) {
            found.push(line)
            line = ''
          }
          line += one
        }
      }
      return [...found, line.trimEnd()]
    })
  }
}
