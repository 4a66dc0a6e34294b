import { onScopeDispose, reactive } from 'vue'
import { t } from '@/i18n'
import { attempt, toast } from './toast'

const UNDO_MS = 6_000

/**
 * Withdrawing without "are you sure": the item goes at once, the act follows when the time to undo is over or one leaves
 * the screen. A page killed in between still has the item, which is the safe way to be wrong.
 */
export function useWithdrawal(act: (id: string) => Promise<unknown>): { hidden: Set<string>; withdraw: (id: string, what: string) => void } {
  const hidden = reactive(new Set<string>())
  const waiting = new Map<string, number>()

  async function finish(id: string): Promise<void> {
    window.clearTimeout(waiting.get(id))
    if (!waiting.delete(id)) return
    if (!(await attempt(() => act(id)))) hidden.delete(id)
  }
  function undo(id: string): void {
    window.clearTimeout(waiting.get(id))
    waiting.delete(id)
    hidden.delete(id)
  }
  function withdraw(id: string, what: string): void {
    hidden.add(id)
    waiting.set(id, window.setTimeout(() => void finish(id), UNDO_MS))
    toast(t('withdraw.done', { what }), { action: { label: t('common.undo'), run: () => undo(id) } })
  }
  onScopeDispose(() => {
    for (const id of waiting.keys()) void finish(id)
  })
  return { hidden, withdraw }
}
