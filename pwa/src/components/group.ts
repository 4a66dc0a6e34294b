/** Rows by a key, in the order they came; `Map.groupBy` is younger than some of the phones we must run on. */
export function groupRows<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) {
    const found = groups.get(key(row))
    if (found) found.push(row)
    else groups.set(key(row), [row])
  }
  return groups
}

/** Rows by their id. */
export function byId<R extends { id: string }>(rows: readonly R[] | undefined): Map<string, R> {
  return new Map((rows ?? []).map((row) => [row.id, row]))
}
