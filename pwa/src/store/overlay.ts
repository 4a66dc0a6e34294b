/** Rows as they look half-way through a transaction: the database below, what acts changed above it. */
import type { Change, IndexName, View, ViewRow } from '../protocol/effects/view'
import type { Id, Noun } from '../protocol/nouns'
import { keyOf, refOf, refsOf, type StoredRow, type Tables } from './database'

/** Lives as long as one transaction. Nothing is on disk before `flush`. */
export class Overlay implements View {
  private readonly rows = new Map<string, StoredRow | null>()
  private readonly changed = new Set<string>()

  constructor(private readonly db: Tables) {}

  async stored(key: string): Promise<StoredRow | null> {
    const held = this.rows.get(key)
    if (held !== undefined) return held
    const row = (await this.db.rows.get(key)) ?? null
    this.rows.set(key, row)
    return row
  }

  /** What `load` brought, without another await per row. */
  loaded(key: string): StoredRow | null {
    return this.rows.get(key) ?? null
  }

  /** Reads many at once, because a page of a thousand rows read one by one is a thousand round trips. */
  async load(keys: readonly string[]): Promise<void> {
    const missing = keys.filter((key) => !this.rows.has(key))
    const rows = await this.db.rows.bulkGet(missing)
    missing.forEach((key, i) => this.rows.set(key, rows[i] ?? null))
  }

  async get<N extends Noun>(noun: N, id: Id): Promise<ViewRow<N> | undefined> {
    return asView<N>(await this.stored(keyOf(noun, id)))
  }

  async find<N extends Noun>(noun: N, index: IndexName, value: string): Promise<ViewRow<N>[]> {
    const ref = refOf(noun, index, value)
    for (const row of await this.db.rows.where('refs').equals(ref).toArray()) {
      if (!this.rows.has(row.key)) this.rows.set(row.key, row)
    }
    const found = [...this.rows.values()].filter((row) => row?.body && row.refs.includes(ref))
    return found.map((row) => asView<N>(row)!).sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  put(row: StoredRow): void {
    this.rows.set(row.key, row)
    this.changed.add(row.key)
  }

  remove(key: string): void {
    this.rows.set(key, null)
    this.changed.add(key)
  }

  /** Lays an act's changes over what is there, and gives their keys. */
  async apply(changes: readonly Change[]): Promise<string[]> {
    const keys: string[] = []
    for (const { noun, id, scope, body } of changes) {
      const key = keyOf(noun, id)
      const held = await this.stored(key)
      const row: StoredRow = { ...(held ?? { key, noun, id, rev: 0, base: null }), scope, body, dirty: 1,
        refs: refsOf(noun, scope, body) }
      this.put(row)
      keys.push(key)
    }
    return keys
  }

  async flush(): Promise<void> {
    const keys = [...this.changed]
    const kept = keys.map((key) => this.rows.get(key)).filter((row): row is StoredRow => !!row)
    const gone = keys.filter((key) => this.rows.get(key) === null)
    if (gone.length) await this.db.rows.bulkDelete(gone)
    if (kept.length) await this.db.rows.bulkPut(kept)
    this.changed.clear()
  }
}

const asView = <N extends Noun>(row: StoredRow | null | undefined): ViewRow<N> | undefined =>
  (row?.body ? { noun: row.noun, id: row.id, scope: row.scope, body: row.body } as ViewRow<N> : undefined)
