/** Runs what a person asked for, once, and says in words why it did not happen. */
import { ref } from 'vue'
import { reasonOf, toast } from '@/components/toast'
import { t } from '@/i18n'
import { useOffice } from './data'

/** A broken line has no words of its own that a person could act on. */
function why(error: unknown): string {
  return error instanceof TypeError ? t('office.error.no_contact') : reasonOf(error)
}

/** Says that an act is done; without a network it is only kept here, and the sentence says that too. */
export function useTold(): (text: string) => void {
  const { cut } = useOffice()
  return (text) => toast(cut.value ? text + t('office.done.later') : text)
}

export function useAct() {
  const busy = ref(false)
  const error = ref('')

  /** True when it was done. A second click while the first runs does nothing. */
  async function run(act: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    error.value = ''
    try {
      await act()
      return true
    } catch (refused) {
      error.value = why(refused)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, error, run }
}
