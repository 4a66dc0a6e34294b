import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { formatDay, formatDuration, formatRelative, formatSlot, localName, registerMessages, setLocale, t } from './index'
import { channelsEn } from './channels.en'
import { channelsZh } from './channels.zh'
import { dayEn } from './day.en'
import { dayZh } from './day.zh'
import { emergencyEn } from './emergency.en'
import { emergencyZh } from './emergency.zh'
import { en } from './en'
import { laterEn } from './later.en'
import { laterZh } from './later.zh'
import { patrolEn } from './patrol.en'
import { patrolZh } from './patrol.zh'
import { knowledgeEn } from './knowledge.en'
import { knowledgeZh } from './knowledge.zh'
import { photoEn } from './photo.en'
import { photoZh } from './photo.zh'
import { welcomeEn } from './welcome.en'
import { welcomeZh } from './welcome.zh'
import { zh as zhFirst } from './zh'
import { zhInside } from './zh.inside'

const SRC = join(import.meta.dirname, '..')
const zh = { ...zhFirst, ...zhInside }
const ROOMS = ['components', 'screens/engineer', 'screens/login', 'screens/sync', 'screens/settings', 'screens/photos', 'screens/knowledge', 'screens/patrol', 'screens/welcome']
/** With the words a lazily loaded screen brings along. */
const ALL_ZH: Record<string, string> = { ...zh, ...dayZh, ...photoZh, ...knowledgeZh, ...patrolZh, ...laterZh, ...channelsZh, ...welcomeZh, ...emergencyZh }
const ALL_EN: Record<string, string> = { ...en, ...dayEn, ...photoEn, ...knowledgeEn, ...patrolEn, ...laterEn, ...channelsEn, ...welcomeEn, ...emergencyEn }
const NOW = Date.parse('2026-11-21T02:00:00.000Z')

/** The file and everything it imports at once, not what it fetches when it is needed. */
function importedBy(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found
  found.add(file)
  for (const [, from] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^'\n]*?(?:from )?'((?:\.{1,2}|@)\/[^']+)'/gm)) {
    const path = from!.startsWith('@/') ? join(SRC, from!.slice(2)) : join(dirname(file), from!)
    const hit = [path, `${path}.ts`, join(path, 'index.ts')].find((name) => /\.(ts|vue)$/.test(name) && existsSync(name))
    if (hit) importedBy(hit, found)
  }
  return found
}

beforeEach(async () => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
  vi.stubGlobal('document', { documentElement: {}, title: '' })
  await setLocale('zh-CN')
})

describe('messages', () => {
  it('exist for every key a screen asks for', () => {
    const missing: string[] = []
    for (const room of ROOMS) {
      for (const file of readdirSync(join(SRC, room)).filter((name) => /\.(vue|ts)$/.test(name) && !name.includes('.test.'))) {
        const text = readFileSync(join(SRC, room, file), 'utf8')
        for (const [, key] of text.matchAll(/\bt\('([^']+)'/g)) if (key && !Object.hasOwn(ALL_ZH, key)) missing.push(`${file}: ${key}`)
      }
    }
    expect(missing).toEqual([])
  })

  it('that the list asks for, and whatever it imports, are in the first bundle', () => {
    const late: string[] = []
    for (const file of importedBy(join(SRC, 'main.ts'))) {
      for (const [, key] of readFileSync(file, 'utf8').matchAll(/\bt\('([^']+)'/g)) {
        if (!Object.hasOwn(zhFirst, key!)) late.push(`${relative(SRC, file)}: ${key}`)
      }
    }
    expect(late).toEqual([])
  })

  it('exist for every key that screens of the day ask for, which bring their own', () => {
    const room = join(SRC, 'screens/day')
    const missing = readdirSync(room).filter((name) => !name.includes('.test.')).flatMap((file) =>
      [...readFileSync(join(room, file), 'utf8').matchAll(/\bt\('([^']+)'/g)].map(([, key]) => key!)
        .filter((key) => !Object.hasOwn(zh, key) && !Object.hasOwn(dayZh, key)).map((key) => `${file}: ${key}`))
    expect(missing).toEqual([])
  })

  it('hold the same places to fill in both languages', () => {
    const places = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((hit) => hit[1]))].sort().join()
    const wrong = Object.keys(ALL_ZH).filter((key) => places(ALL_ZH[key]!) !== places(ALL_EN[key]!))
    expect(wrong).toEqual([])
  })

  it('choose one or many in English', async () => {
    await setLocale('en')
    expect([t('photo.saved', { n: 1 }), t('photo.saved', { n: 3 })]).toEqual(['1 photo saved on the phone', '3 photos saved on the phone'])
    expect(document.documentElement.lang).toBe('en')
  })

  it('of an unknown key are the key itself, and an office brings its own', () => {
    expect(t('nowhere.at_all')).toBe('nowhere.at_all')
    registerMessages({ 'zh-CN': { 'office.test': '看板' }, en: { 'office.test': 'Board' } })
    expect(t('office.test')).toBe('看板')
  })

  it('fall back to the Chinese name where there is no English one', async () => {
    await setLocale('en')
    expect([localName({ name: '电源', name_en: 'Supply' }), localName({ name: '电源', name_en: '' })]).toEqual(['Supply', '电源'])
  })
})

describe('dates', () => {
  it('are the days of the site, wherever the phone is', () => {
    expect(formatDay('2026-11-21T15:59:00.000Z', NOW)).toBe('今天')
    expect(formatDay('2026-11-21T16:01:00.000Z', NOW)).toBe('明天')
  })
  it('say a slot once per day', () => {
    expect(formatSlot('2026-11-21T01:00:00.000Z', '2026-11-21T03:00:00.000Z', NOW)).toBe('今天 09:00–11:00')
    expect(formatSlot(null, null)).toBe('未定时间')
  })
  it('say how long ago in both languages', async () => {
    expect(formatRelative('2026-11-21T01:48:00.000Z', NOW)).toBe('12分钟前')
    await setLocale('en')
    expect(formatRelative('2026-11-21T04:10:00.000Z', NOW)).toBe('in 2 h 10 min')
  })
  it('never say zero for something that is left', () => expect(formatDuration(20_000)).toBe('<1分钟'))
})
