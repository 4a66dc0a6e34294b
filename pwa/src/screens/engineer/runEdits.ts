/** A checklist being filled: what is answered, what is typed and not yet an act, and what is missing. */
import { computed, type ComputedRef } from 'vue'
import { addPhotos, answerItem } from '@/acts'
import {
  checklistState, defectsOf, latestAnswers, problemOf, typedNumber, type Answer, type Answers, type AnswerValue, type ChecklistItem,
  type ChecklistState,
} from '@/protocol/checklist'
import type { Id } from '@/protocol/nouns'
import { isLiveDefect } from '@/protocol/lifecycle'
import { useRow, useRows, type RowOf } from '@/store'
import { groupRows } from '@/components/group'
import { useKeptEdits, type KeptEdits } from '@/components/keptEdits'

/** What is typed at one item. A number is kept as typed; it becomes a decimal when it is one. */
export interface Typed { value: AnswerValue; note: string }
type Edits = Record<string, Typed>

/** What the form of a checklist works on: a round of a visit, or a draft that is tried out. */
export interface Round {
  items: ComputedRef<ChecklistItem[]>
  /** What counts, typed words included. */
  answers: ComputedRef<Answers>
  state: ComputedRef<ChecklistState>
  pending: ComputedRef<Set<string>>
  edits: Pick<KeptEdits<Edits>, 'shown' | 'save'>
  set: (item: ChecklistItem, part: Partial<Typed>, now?: boolean) => void
  answerAll: (items: ChecklistItem[], value: AnswerValue) => Promise<void>
  /** By item: the defects of this run, and the one of an earlier round that somebody has to look at again. */
  defects: ComputedRef<Map<string, RowOf<'defect'>[]>>
  lastTime: ComputedRef<Map<string, RowOf<'defect'>>>
  addFailPhotos: (item: ChecklistItem, files: Blob[]) => Promise<void>
  /** By item: the answers that contradict each other, and the pictures they may name. */
  doubles: ComputedRef<Map<string, RowOf<'checklist_answer'>[]>>
  files: ComputedRef<readonly RowOf<'attachment'>[]>
  /** Makes one of them the answer, over all this phone knows. */
  choose: (item: ChecklistItem, row: RowOf<'checklist_answer'>) => Promise<void>
}

export interface Run extends Round {
  run: Readonly<{ value: RowOf<'checklist_run'> | null | undefined }>
  version: Readonly<{ value: RowOf<'checklist_version'> | null | undefined }>
  edits: KeptEdits<Edits>
}

/** The value to send for what was typed; a number that is none stays as typed, and is shown as a problem. */
export function valueToSend(item: ChecklistItem, value: AnswerValue): AnswerValue {
  if (item.type === 'number' && typeof value === 'string') return typedNumber(value) ?? value
  return value === '' ? null : value
}

/** The answers as the store has them, and the template they answer. */
function useStored(visitId: Id, runId: Id) {
  const run = useRow('checklist_run', () => runId)
  const version = useRow('checklist_version', () => run.value?.body.version_id)
  const rows = useRows('checklist_answer', () => ({ index: 'run_id', value: runId }))
  const attachments = useRows('attachment', () => ({ index: 'visit_id', value: visitId }))
  const visit = useRow('visit', () => visitId)
  const siteDefects = useRows('defect', () => (visit.value ? { index: 'site_id', value: visit.value.body.site_id } : null))
  const items = computed(() => (version.value?.body.items ?? []) as ChecklistItem[])
  const itemOf = computed(() => new Map(items.value.map((item) => [item.id, item])))

  const stored = computed(() =>
    latestAnswers(
      (rows.value ?? []).map((row) => ({ ...row.body, id: row.id })),
      (attachments.value ?? []).map((row) => ({ ...row.body, id: row.id })),
      defectsOf((siteDefects.value ?? []).map((row) => ({ ...row.body, id: row.id })), runId),
    ),
  )
  const here = (row: RowOf<'defect'>) => !row.body.withdrawn && (row.body.run_id === runId || row.body.checked_run_id === runId)
  const defects = computed(() => groupRows((siteDefects.value ?? []).filter(here), (row) => row.body.item_id))
  const lastTime = computed(() => new Map((siteDefects.value ?? [])
    .filter((row) => row.body.code === run.value?.body.code && row.body.item_id && !here(row) && !row.body.withdrawn && isLiveDefect(row.body.state))
    .map((row) => [row.body.item_id, row])))
  const typed = computed<Edits>(() =>
    Object.fromEntries(Object.entries(stored.value).map(([id, { value, note }]) => [id, { value, note }])),
  )

  return { run, version, rows, attachments, items, itemOf, stored, typed, defects, lastTime }
}

export function useRun(visitId: Id, runId: Id): Run {
  const { run, version, rows, attachments, items, itemOf, stored, typed: storedTyped, defects, lastTime } = useStored(visitId, runId)

  const edits = useKeptEdits<Edits>(`run:${runId}`, () => storedTyped.value, async (changes) => {
    const leftOut: string[] = []
    for (const [itemId, typed] of Object.entries(changes)) {
      const item = itemOf.value.get(itemId)
      const value = item && typed ? valueToSend(item, typed.value) : null
      // A half-typed number is kept as a draft and not sent: "-" is not yet a reading.
      if (!item || !typed || problemOf(item, value)) leftOut.push(itemId)
      else if (!isStored(itemId, typed, storedTyped.value[itemId])) await answerItem(runId, itemId, value, typed.note.trim())
    }
    return leftOut
  }, isStored)

  function isStored(itemId: string, typed: unknown, held: unknown): boolean {
    const item = itemOf.value.get(itemId)
    const [mine, theirs] = [typed as Typed | undefined, held as Typed | undefined]
    if (!item || !mine) return false
    const value = (answer: Typed | undefined) => JSON.stringify(answer ? valueToSend(item, answer.value) : null)
    return value(mine) === value(theirs) && mine.note.trim() === (theirs?.note ?? '')
  }

  const answers = computed<Answers>(() => {
    const all: Answers = {}
    for (const [id, typed] of Object.entries(edits.shown.value)) {
      const item = itemOf.value.get(id)
      if (item) all[id] = { ...typed, value: valueToSend(item, typed.value), photos: stored.value[id]?.photos ?? [], defects: stored.value[id]?.defects ?? [], doubles: stored.value[id]?.doubles ?? [] } satisfies Answer
    }
    return all
  })

  function set(item: ChecklistItem, part: Partial<Typed>, now = false): void {
    const before = edits.shown.value[item.id] ?? { value: null, note: '' }
    edits.set(item.id, { ...before, ...part })
    if (now) void edits.save()
  }

  async function answerAll(unanswered: ChecklistItem[], value: AnswerValue): Promise<void> {
    for (const item of unanswered) edits.set(item.id, { value, note: edits.shown.value[item.id]?.note ?? '' })
    await edits.save()
  }

  /** Photos of a failure belong to the answer, so the answer has to be there first. */
  async function addFailPhotos(item: ChecklistItem, files: Blob[]): Promise<void> {
    await edits.save()
    const answer = (rows.value ?? []).filter((row) => row.body.item_id === item.id && !row.body.withdrawn).at(-1)
    const typed = edits.shown.value[item.id]
    const id = answer?.id ?? (await answerItem(runId, item.id, typed?.value ?? null, typed?.note))
    await addPhotos(visitId, files, 'answer', { parent: { noun: 'checklist_answer', id }, caption: item.label })
  }

  const doubles = computed(() => {
    const rowOf = new Map((rows.value ?? []).map((row) => [row.id, row]))
    return new Map(Object.entries(stored.value).filter(([, answer]) => answer.doubles?.length)
      .map(([id, answer]) => [id, answer.doubles!.flatMap((one) => rowOf.get(one) ?? [])]))
  })

  return {
    run, version, items, answers, edits, set, answerAll, addFailPhotos, defects, lastTime, doubles,
    files: computed(() => attachments.value ?? []),
    choose: async (item, row) => void (await answerItem(runId, item.id, row.body.value, row.body.note)),
    state: computed(() => checklistState(items.value, answers.value)),
    pending: computed(() => new Set((rows.value ?? []).filter((row) => row.pending).map((row) => row.body.item_id))),
  }
}
