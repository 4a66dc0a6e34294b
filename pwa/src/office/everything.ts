/** Search over what this desk holds, beside the archive's tickets: customers, sites, equipment, parts, articles, open tickets. */
import type { Id } from '@/protocol/nouns'

export const PLACES = ['work_order', 'site', 'customer', 'asset', 'part', 'article'] as const
export type Place = (typeof PLACES)[number]
export interface Row { id: Id; body: object }
export interface Hit { noun: Place; id: Id; number: string; name: string; also: string; siteId: Id | null }

/** What each is found by; the first two are what it is called. */
const SAID: Record<Place, readonly string[]> = {
  work_order: ['number', 'title', 'description', 'site_name', 'customer_name'],
  site: ['number', 'name', 'address', 'customer_name', 'responsible'],
  customer: ['number', 'name', 'contract_number', 'note'],
  asset: ['number', 'name', 'serial', 'brand', 'model', 'location'],
  part: ['number', 'name', 'name_en', 'brand', 'spec'],
  article: ['number', 'title', 'title_en', 'keywords', 'text'],
}
/** Of each kind: who finds more has to say more. */
const SHOWN = 5

const folded = (text: string): string => text.normalize('NFKC').toLowerCase()

/** Rows that have all words, the best first: those called so before those that only say so. Nothing without words. */
export function findEverywhere(rows: Partial<Record<Place, readonly Row[]>>, asked: string): Hit[] {
  const words = folded(asked).split(/\s+/).filter(Boolean)
  if (!words.length) return []
  return PLACES.flatMap((noun) => {
    const hits: { hit: Hit; rank: number }[] = []
    for (const { id, body } of rows[noun] ?? []) {
      const fields = body as Record<string, unknown>
      const said = SAID[noun].map((name) => (typeof fields[name] === 'string' ? fields[name] : ''))
      const all = folded(said.join('\n'))
      if (!words.every((word) => all.includes(word))) continue
      const called = folded(`${said[0]}\n${said[1]}`)
      const also = said.slice(2).find((text) => text.length < 80 && words.some((word) => folded(text).includes(word))) ?? ''
      const siteId = noun === 'site' ? id : typeof fields['site_id'] === 'string' ? fields['site_id'] : null
      hits.push({ hit: { noun, id, number: said[0]!, name: said[1]!, also, siteId }, rank: words.every((word) => called.includes(word)) ? 0 : 1 })
    }
    return hits.sort((a, b) => a.rank - b.rank || a.hit.number.localeCompare(b.hit.number)).slice(0, SHOWN).map(({ hit }) => hit)
  })
}
