import { readonly, ref, watchEffect } from 'vue'

export type Theme = 'auto' | 'light' | 'dark' | 'sunlight'
export const THEMES: readonly Theme[] = ['auto', 'light', 'dark', 'sunlight']
export const FONT_SCALES = [1, 1.15, 1.3, 1.5, 2] as const

const THEME_KEY = 'xunxiu.theme'
const FONT_KEY = 'xunxiu.font-scale'

const chosenTheme = ref<Theme>('auto')
const chosenScale = ref(1)
export const theme = readonly(chosenTheme)
export const fontScale = readonly(chosenScale)

export function setTheme(next: Theme): void {
  chosenTheme.value = next
  localStorage.setItem(THEME_KEY, next)
}

export function setFontScale(next: number): void {
  chosenScale.value = next
  localStorage.setItem(FONT_KEY, String(next))
}

/** Applies what was chosen before the first paint and follows the system while the choice is `auto`. */
export function restoreAppearance(): void {
  const savedTheme = localStorage.getItem(THEME_KEY) as Theme | null
  if (savedTheme && THEMES.includes(savedTheme)) chosenTheme.value = savedTheme
  const savedScale = Number(localStorage.getItem(FONT_KEY))
  if (savedScale >= 1 && savedScale <= 2) chosenScale.value = savedScale

  const dark = matchMedia('(prefers-color-scheme: dark)')
  const contrast = matchMedia('(prefers-contrast: more)')
  const system = ref(0)
  for (const query of [dark, contrast]) query.addEventListener('change', () => (system.value += 1))

  watchEffect(() => {
    void system.value
    const automatic = dark.matches ? 'dark' : contrast.matches ? 'sunlight' : 'light'
    const applied = chosenTheme.value === 'auto' ? automatic : chosenTheme.value
    const root = document.documentElement
    root.dataset.theme = applied
    root.style.setProperty('--font-scale', String(chosenScale.value))
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
      meta.content = getComputedStyle(root).getPropertyValue('--ground').trim()
    }
  })
}
