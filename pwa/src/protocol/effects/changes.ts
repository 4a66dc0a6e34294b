/** Edits carry what the person saw and what they made of it: `{field: [was, now]}`. */
import type { Changes } from '../acts'

/** The fields of `edited` that differ from `shown`; null when none does. A row not there yet shows null. */
export function changesOf<F extends object>(shown: Partial<F> | undefined, edited: Partial<F>): Changes<F> | null {
  const changes: Changes<F> = {}
  let some = false
  for (const field of Object.keys(edited) as (keyof F)[]) {
    const was = (shown?.[field] ?? null) as F[keyof F]
    const now = (edited[field] ?? null) as F[keyof F]
    if (JSON.stringify(was) === JSON.stringify(now)) continue
    changes[field] = [was, now]
    some = true
  }
  return some ? changes : null
}

/** `row` with every change's second half. */
export function applyChanges<F extends object>(row: F, changes: Changes<F>): F {
  const result = { ...row }
  for (const field of Object.keys(changes) as (keyof F)[]) result[field] = changes[field]![1]
  return result
}
