/** A template in the editor: its versions, the draft this device keeps, and what stands between it and publishing. */
import { computed, ref, watch } from 'vue'
import { publishChecklist } from '@/acts/template'
import { blankDraft, draftOf, itemsOf, templateChanges, type Draft } from '@/office/template'
import { templateFaults } from '@/protocol/template'
import { useDraft, useRows, type RowOf } from '@/store'

/** The address and the draft of a checklist that has no code yet. */
export const NEW = 'new'
export const draftKey = (code: string): string => `template:${code}`

const UNDO_STEPS = 100
const CODE = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

export interface Problem { item: string; code: string }

export function useTemplate(code: string) {
  const isNew = code === NEW
  const rows = useRows('checklist_version')
  const versions = computed(() => (rows.value ?? []).filter((row) => row.body.code === code).toSorted((a, b) => b.body.version - a.body.version))
  const newest = computed<RowOf<'checklist_version'> | undefined>(() => versions.value[0])
  const kept = useDraft<Draft | null>(draftKey(code), null)
  const ready = ref(false)
  void kept.ready.then(() => { ready.value = true })
  const untouched = computed(() => (newest.value ? draftOf(newest.value.id, newest.value.body) : blankDraft()))
  const draft = computed<Draft>(() => kept.value.value ?? untouched.value)
  const base = computed(() => versions.value.find((row) => row.id === draft.value.over))

  const items = computed(() => itemsOf(draft.value))
  const former = computed(() => new Map(versions.value.flatMap((row) => row.body.items.map((item): [string, string] => [item.id, item.type]))))
  const changes = computed(() => templateChanges(base.value?.body.items ?? [], items.value))
  const isChanged = computed(() => changes.value.length > 0 || !base.value
    || (['name', 'name_en'] as const).some((field) => draft.value[field].trim() !== base.value!.body[field]))
  const problems = computed<Problem[]>(() => {
    const found: Problem[] = []
    if (!draft.value.name.trim()) found.push({ item: '', code: 'no-name' })
    if (isNew && !CODE.test(draft.value.code.trim())) found.push({ item: '', code: 'no-code' })
    else if (isNew && (rows.value ?? []).some((row) => row.body.code === draft.value.code.trim() && row.id !== draft.value.published)) found.push({ item: '', code: 'code-taken' })
    return [...found, ...templateFaults(items.value, former.value)]
  })
  /** Somebody published meanwhile: over what they made nothing is published unseen. */
  const moved = computed(() => (base.value && newest.value && newest.value.id !== base.value.id ? newest.value : undefined))

  const past: Draft[] = []
  const canUndo = ref(false)
  function change(next: Draft): void {
    past.push(draft.value)
    if (past.length > UNDO_STEPS) past.shift()
    canUndo.value = true
    kept.value.value = next
  }
  function undo(): void {
    const before = past.pop()
    canUndo.value = past.length > 0
    if (before) kept.value.value = before
  }
  async function discard(): Promise<void> {
    past.length = 0
    canUndo.value = false
    await kept.clear()
  }

  /** What was published stays a draft until it has arrived: the server may see what this desk could not. */
  const fate = computed<'none' | 'waiting' | 'arrived' | 'refused'>(() => {
    const { published } = draft.value
    if (!published || !rows.value) return 'none'
    const row = rows.value.find((one) => one.id === published)
    return !row ? 'refused' : row.pending ? 'waiting' : 'arrived'
  })
  watch([fate, ready], () => { if (ready.value && fate.value === 'arrived') void discard() }, { immediate: true })

  async function publish(): Promise<void> {
    const { name, name_en, kind, over } = draft.value
    const id = await publishChecklist({ code: draft.value.code.trim(), name: name.trim(), name_en: name_en.trim(), kind, over, items: items.value })
    kept.value.value = { ...draft.value, published: id }
  }

  return {
    isNew, ready, rows, versions, newest, base, draft, items, former, changes, isChanged, problems, moved, fate, canUndo, change, undo, discard, publish,
    /** Whether this device keeps a draft at all. */
    isKept: computed(() => kept.value.value !== null),
  }
}

export type Template = ReturnType<typeof useTemplate>
