import { readonly, ref } from 'vue'

/** What a hand in a glove feels, in milliseconds of on, off, on …; not on phones that have no motor for it (iOS). */
const PATTERNS = { press: [8], done: [20], found: [30], refused: [30, 60, 30] }
const KEY = 'xunxiu.buzz'

export const canBuzz = (): boolean => typeof globalThis.navigator?.vibrate === 'function'
const chosen = ref(globalThis.localStorage?.getItem(KEY) !== 'off')
export const buzzWanted = readonly(chosen)

export function wantBuzz(wanted: boolean): void {
  chosen.value = wanted
  localStorage.setItem(KEY, wanted ? 'on' : 'off')
  buzz('done')
}

export function buzz(what: keyof typeof PATTERNS): void {
  if (chosen.value && canBuzz()) navigator.vibrate(PATTERNS[what])
}
