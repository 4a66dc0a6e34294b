import { reactive } from 'vue'
import { hasMessage, t } from '@/i18n'
import { buzz } from './haptics'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'danger'
  action?: { label: string; run: () => void }
}

/** A toast with something to press stays longer: a glove is slow. */
const SHOWN_MS = 4_000
export const SHOWN_WITH_ACTION_MS = 8_000
export const toasts = reactive<Toast[]>([])
let last = 0

export function dismiss(id: number): void {
  const at = toasts.findIndex((toast) => toast.id === id)
  if (at >= 0) toasts.splice(at, 1)
}

export function toast(text: string, more: Partial<Pick<Toast, 'tone' | 'action'>> = {}): number {
  const id = ++last
  // One at a time: a stack of toasts hides the button that made them.
  toasts.splice(0, toasts.length, { id, text, tone: 'plain', ...more })
  if (more.tone === 'danger') buzz('refused')
  window.setTimeout(() => dismiss(id), more.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS)
  return id
}

/** Why something failed, in the person's language when we have words for its code. */
export function reasonOf(error: unknown): string {
  const { code, detail, message } = (error ?? {}) as { code?: unknown; detail?: unknown; message?: unknown }
  if (typeof code === 'string' && hasMessage(`problem.${code}`)) return t(`problem.${code}`)
  if (typeof detail === 'string' && detail) return detail
  return typeof message === 'string' && message ? message : String(error)
}

/** Does what a person asked for; a refusal is told, not thrown. True when it was done. */
export async function attempt(doing: () => Promise<unknown>, options: { silent?: boolean } = {}): Promise<boolean> {
  try {
    await doing()
    return true
  } catch (error) {
    console.warn('refused', error)
    if (!options.silent) toast(reasonOf(error), { tone: 'danger' })
    return false
  }
}
