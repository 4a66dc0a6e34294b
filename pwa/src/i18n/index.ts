import { readonly, ref, shallowReactive } from 'vue'
import { zh } from './zh'
import type { zhInside } from './zh.inside'

/** The two languages. The list's Chinese is in the first bundle; the rest of it, and English, is fetched once and kept. */
export type Locale = 'zh-CN' | 'en'
export type Messages = Record<string, string>
export type Params = Record<string, string | number>
export type MessageKey = keyof typeof zh | keyof typeof zhInside

const STORAGE_KEY = 'xunxiu.locale'
const current = ref<Locale>('zh-CN')
const messages: Record<Locale, Messages> = {
  'zh-CN': shallowReactive<Messages>({ ...zh }),
  en: shallowReactive<Messages>({}),
}
let englishLoaded: Promise<void> | undefined
let insideLoaded: Promise<void> | undefined

/** The locale in force; read-only, change it with `setLocale`. */
export const locale = readonly(current)

/** Adds the messages of a lazily loaded part (the office) beside the first bundle's. */
export function registerMessages(more: Record<Locale, Messages>): void {
  Object.assign(messages['zh-CN'], more['zh-CN'])
  Object.assign(messages.en, more.en)
}

/** The words of every screen but the list: before such a screen is shown, or when the page rests. */
export function loadInside(): Promise<void> {
  insideLoaded ??= import('./zh.inside').then(
    (m) => {
      Object.assign(messages['zh-CN'], m.zhInside)
    },
    (reason) => {
      insideLoaded = undefined
      throw reason
    },
  )
  return insideLoaded
}

function loadEnglish(): Promise<void> {
  englishLoaded ??= import('./en').then(
    (m) => {
      Object.assign(messages.en, m.en)
    },
    (reason) => {
      // A failed download must not be remembered, or English would stay broken until a reload.
      englishLoaded = undefined
      throw reason
    },
  )
  return englishLoaded
}

/** Switches the language and tells the document; the old one stays if English cannot be loaded. A preview remembers none. */
export async function setLocale(next: Locale, remember = true): Promise<void> {
  if (next === 'en') await loadEnglish()
  current.value = next
  if (remember) localStorage.setItem(STORAGE_KEY, next)
  document.documentElement.lang = next
  document.title = t('app.name')
}

/** The remembered language, else the browser's, else Chinese. Called once before the first paint. */
export async function restoreLocale(): Promise<void> {
  const remembered = localStorage.getItem(STORAGE_KEY)
  const wanted: Locale =
    remembered === 'en' || remembered === 'zh-CN'
      ? remembered
      : /^zh\b/i.test(navigator.language) || !navigator.language
        ? 'zh-CN'
        : 'en'
  try {
    await setLocale(wanted)
  } catch {
    await setLocale('zh-CN')
  }
}

/**
 * The message for `key` in the current language, with `{name}` replaced from `params`.
 * An English message may hold two forms, `one | many`, chosen by `params.n`.
 * An unknown key comes back as itself: ugly on purpose, so that it is seen.
 */
export function t(key: MessageKey | (string & {}), params?: Params): string {
  let text = messages[current.value][key] ?? messages['zh-CN'][key] ?? key
  if (params && text.includes(' | ')) {
    const [one, many] = text.split(' | ')
    text = (Number(params.n) === 1 ? one : many) ?? text
  }
  if (!params) return text
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

/** True when there is a message for `key`, so that a caller may fall back to what the server said. */
export function hasMessage(key: string): boolean {
  return key in messages[current.value] || key in messages['zh-CN']
}

/** `name`, or its English beside it when that is the language and it is not empty; `field` may be `label`, `title`… */
export function localName(row: object | null | undefined, field = 'name'): string {
  if (!row) return ''
  const fields = row as Record<string, unknown>
  const english = fields[`${field}_en`]
  if (current.value === 'en' && typeof english === 'string' && english) return english
  const chinese = fields[field]
  return typeof chinese === 'string' ? chinese : ''
}

export * from './dates'
