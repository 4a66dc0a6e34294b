import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue'
import { useDraft } from '@/store'
import { reasonOf } from './toast'

/** After this long without a key the words become an act. */
const IDLE_MS = 1_500

export interface KeptEdits<T extends object> {
  /** What the screen shows: the row with what was typed on top. */
  shown: ComputedRef<T>
  set: <K extends keyof T>(field: K, value: T[K]) => void
  /** Makes an act of what was typed; call on blur and on leaving. */
  save: () => Promise<void>
  /** When the last act became durable here, and why the last one did not. */
  savedAt: Ref<number | null>
  problem: Ref<string | null>
  /** True while some keystrokes are kept as a draft only. */
  dirty: ComputedRef<boolean>
}

/** Makes an act of the changes; gives the fields it could not take yet, such as a number half typed. */
type Write<T> = (changes: Partial<T>) => Promise<readonly string[] | void>

const sameValue = (_: string, a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/**
 * Fields that are kept at every keystroke and become an act on blur, after 1.5 s of rest, and on leaving. A typed value
 * stays on the screen until the row shows the same, so that nothing jumps back for a blink.
 */
export function useKeptEdits<T extends object>(
  key: string, row: () => T, write: Write<T>, isSame: (field: string, typed: unknown, stored: unknown) => boolean = sameValue,
): KeptEdits<T> {
  const draft = useDraft<Partial<T>>(key, {})
  const savedAt = ref<number | null>(null)
  const problem = ref<string | null>(null)
  const written = new Map<string, string>()
  let timer = 0
  let touched = false
  let busy: Promise<void> | undefined

  const isNew = (field: string, value: unknown) => written.get(field) !== JSON.stringify(value ?? null)

  async function writeAll(): Promise<void> {
    const changes = Object.fromEntries(Object.entries(draft.value.value).filter(([k, v]) => isNew(k, v)))
    if (!Object.keys(changes).length) return
    try {
      const leftOut = (await write(changes as Partial<T>)) ?? []
      for (const [field, value] of Object.entries(changes)) {
        if (!leftOut.includes(field)) written.set(field, JSON.stringify(value ?? null))
      }
      if (leftOut.length < Object.keys(changes).length) savedAt.value = Date.now()
      problem.value = null
      settle()
    } catch (error) {
      problem.value = reasonOf(error)
    }
  }

  /** One act after the other, because two at once would both carry the same "was". */
  function save(): Promise<void> {
    window.clearTimeout(timer)
    busy = (busy ?? Promise.resolve()).then(writeAll)
    return busy
  }

  /** Forgets what the row shows by now. */
  function settle(): void {
    const current = row() as Record<string, unknown>
    const left = Object.entries(draft.value.value).filter(([field, value]) => !isSame(field, value, current[field]))
    if (left.length === Object.keys(draft.value.value).length) return
    if (left.length) draft.value.value = Object.fromEntries(left) as Partial<T>
    else void draft.clear()
  }

  function set<K extends keyof T>(field: K, value: T[K]): void {
    touched = true
    draft.value.value = { ...draft.value.value, [field]: value }
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void save(), IDLE_MS)
  }

  watch(row, settle) // rows are never changed in place: another row is another object
  // What a kill left behind becomes an act as soon as one is back.
  void draft.ready.then(() => (touched ? undefined : save()))
  onLeaving(() => void save())

  return {
    shown: computed(() => ({ ...row(), ...draft.value.value })),
    set,
    save,
    savedAt,
    problem,
    dirty: computed(() => Object.entries(draft.value.value).some(([field, value]) => isNew(field, value))),
  }
}

/** Going to another screen, another app, or a locked phone: each may be the last moment. */
function onLeaving(save: () => void): void {
  const onHidden = () => {
    if (document.visibilityState === 'hidden') save()
  }
  document.addEventListener('visibilitychange', onHidden)
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', onHidden)
    save()
  })
}
