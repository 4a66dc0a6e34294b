import { onScopeDispose, reactive } from 'vue'
import { t } from '@/i18n'
import { attempt, dismiss, SHOWN_WITH_ACTION_MS, toast } from './toast'

interface Waiting { timer: number; toast: number }

/**
 * Withdrawing without "are you sure": the item goes at once, the act follows when the time to undo is over, one leaves
 * the screen, or the app goes to the background. The offer to undo goes with it: it never stays when it can no longer
 * be kept. A page killed in between still has the item, which is the safe way to be wrong.
 */
export function useWithdrawal(act: (id: string) => Promise<unknown>): { hidden: Set<string>; withdraw: (id: string, what: string) => void } {
  const hidden = reactive(new Set<string>())
  const waiting = new Map<string, Waiting>()

  function settle(id: string): boolean {
    const found = waiting.get(id)
    if (!found) return false
    window.clearTimeout(found.timer)
    dismiss(found.toast)
    return waiting.delete(id)
  }
  async function finish(id: string): Promise<void> {
    if (settle(id) && !(await attempt(() => act(id)))) hidden.delete(id)
  }
  function undo(id: string): void {
    if (settle(id)) hidden.delete(id)
  }
  function withdraw(id: string, what: string): void {
    hidden.add(id)
    waiting.set(id, {
      timer: window.setTimeout(() => void finish(id), SHOWN_WITH_ACTION_MS),
      toast: toast(t('withdraw.done', { what }), { action: { label: t('common.undo'), run: () => undo(id) } }),
    })
  }
  function finishAll(): void {
    for (const id of waiting.keys()) void finish(id)
  }
  function onHidden(): void {
    if (document.visibilityState === 'hidden') finishAll()
  }
  document.addEventListener('visibilitychange', onHidden)
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', onHidden)
    finishAll()
  })
  return { hidden, withdraw }
}
