/** Search over articles and documents that are on the phone: plain words, any language, no index to keep right. */
import type { RowOf } from '@/store'

/** What a search looks in, lower-cased once. */
export interface Searchable<R> { row: R; head: string; tags: string; text: string }
type Article = RowOf<'article'>
type Document = RowOf<'document'>

const HAN = /\p{Script=Han}/u
/** Of a Chinese word that stands nowhere whole, this share of its pairs must. */
const ENOUGH = 0.5
const [IN_HEAD, IN_TAGS, IN_TEXT] = [8, 5, 1]

export const isPublished = (row: Article): boolean => (row.body.state ?? 'published') === 'published'

export function articleIndex(rows: readonly Article[], symptomName: (code: string) => string): Searchable<Article>[] {
  return rows.filter(isPublished).map((row) => {
    const { title, title_en, keywords, asset_class, brand, number, symptom_codes, text, summary_en } = row.body
    return {
      row, head: `${title} ${title_en} ${number}`.toLowerCase(), text: `${text} ${summary_en}`.toLowerCase(),
      tags: [keywords, asset_class, brand, ...symptom_codes, ...symptom_codes.map(symptomName)].join(' ').toLowerCase(),
    }
  })
}

export function documentIndex(rows: readonly Document[], siteName: (id: string | null) => string): Searchable<Document>[] {
  return rows.filter((row) => row.body.state === 'active').map((row) => {
    const { title, title_en, asset_class, brand, model, revision, site_id, pins } = row.body
    return {
      row, head: `${title} ${title_en}`.toLowerCase(), tags: `${asset_class} ${brand} ${model} ${revision} ${siteName(site_id)}`.toLowerCase(),
      text: pins.map((pin) => pin.label).join(' ').toLowerCase(),
    }
  })
}

/** Every word must be found; where is what ranks. All of them, in the given order, for an empty question. */
export function search<R>(index: readonly Searchable<R>[], query: string): R[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean).map((word) => ({ word, pairs: pairsOf(word) }))
  if (!words.length) return index.map(({ row }) => row)
  const found: { row: R; score: number; i: number }[] = []
  for (const [i, one] of index.entries()) {
    let score = 0
    for (const { word, pairs } of words) {
      const points = pointsOf(one, word) || similar(one, pairs)
      if (!points) {
        score = 0
        break
      }
      score += points
    }
    if (score) found.push({ row: one.row, score, i })
  }
  return found.sort((a, b) => b.score - a.score || a.i - b.i).map(({ row }) => row)
}

const pointsOf = ({ head, tags, text }: Searchable<unknown>, word: string): number =>
  (head.includes(word) ? IN_HEAD : tags.includes(word) ? IN_TAGS : text.includes(word) ? IN_TEXT : 0)

/** Chinese has no spaces: "摄像头黑屏" is asked for where "黑屏的摄像头" is written. */
function pairsOf(word: string): string[] {
  const letters = [...word]
  if (letters.length < 3 || !letters.every((letter) => HAN.test(letter))) return []
  return letters.slice(1).map((letter, i) => letters[i]! + letter)
}

function similar(one: Searchable<unknown>, pairs: readonly string[]): number {
  if (!pairs.length) return 0
  const points = pairs.map((pair) => pointsOf(one, pair))
  const share = points.filter(Boolean).length / pairs.length
  return share >= ENOUGH ? (share * points.reduce((sum, value) => sum + value, 0)) / pairs.length / 2 : 0
}

/** Articles that name the symptom, those of the same class and brand first. */
export function articlesFor(rows: readonly Article[], symptom: string | null, assetClass: string, brand: string): Article[] {
  if (!symptom) return []
  const near = ({ body }: Article): number => Number(Boolean(assetClass) && body.asset_class === assetClass) * 2 + Number(Boolean(brand) && body.brand === brand)
  return rows.filter((row) => isPublished(row) && row.body.symptom_codes.includes(symptom)).toSorted((a, b) => near(b) - near(a))
}
