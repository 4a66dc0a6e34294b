import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type vectorsFile from '@vectors/report.json'
import {
  canonical, changedSince, changedTitles, contentHash, reportContent, reportTitle, sections, signatureBlocks,
} from '@/protocol/report'
import type { ContentValue, Locale, ReportContent, ReportView } from '@/protocol/report'

// Not imported: the bundler's reader refuses half of a surrogate pair, which JSON allows and JSON.parse reads.
const vectors = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/report.json', import.meta.url), 'utf8'),
) as typeof vectorsFile
const LOCALES: Locale[] = ['zh-CN', 'en']
const content = (value: unknown) => value as ReportContent

describe('content has one spelling and one hash', () => {
  it.each(vectors.canonical)('$name', async (expected) => {
    expect(canonical(expected.content as unknown as ContentValue)).toBe(expected.text)
    expect(await contentHash(content(expected.content))).toBe(expected.hash)
  })
  it.each(vectors.refused)('null, fractions and huge numbers are not content: %j', (value) => {
    expect(() => canonical(value as unknown as ContentValue)).toThrow('not content')
  })
})

describe('a view gives its content, its hash and its words', () => {
  it.each(vectors.views)('$name', async (expected) => {
    const made = reportContent(expected.view as unknown as ReportView)
    expect(made).toEqual(expected.content)
    expect(await contentHash(made)).toBe(expected.hash)
    expect(LOCALES.map((locale) => reportTitle(made, locale))).toEqual(expected.titles)
    for (const locale of LOCALES) expect(sections(made, locale)).toEqual(expected.sections[locale])
  })
})

describe('edits after signing are named', () => {
  it.each(vectors.changes.cases)('$name', ({ current, paths, titles }) => {
    const found = changedSince(content(vectors.changes.signed), content(current))
    expect(found).toEqual(paths)
    expect(changedTitles(found, 'zh-CN')).toEqual(titles)
  })
})

describe('signatures and waivers stand under the report', () => {
  it.each(vectors.signing)('$name', ({ signatures, waivers, reasons, utc_offset_minutes, blocks }) => {
    for (const locale of LOCALES) {
      expect(signatureBlocks(signatures, locale, utc_offset_minutes, waivers, reasons)).toEqual(blocks[locale])
    }
  })
})
