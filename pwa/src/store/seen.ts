/** Which visits this phone holds and which were opened on it, told with its status until the server knows (C5). */
import type { Id, Instant, VisitBody } from '../protocol/nouns'
import { now } from './clock'
import { currentStore } from './current'
import type { Tables } from './database'
import { readMeta, writeMeta } from './meta'
import { requestSync } from './signal'

/** Beyond this the rest is told next time. */
const MAX = 100

/** A visit was opened by whoever leads it. Kept before it is told, like everything. */
export async function noteSeen(visitId: Id, visit: VisitBody): Promise<void> {
  const { db, userId } = currentStore()
  if (visit.lead_id !== userId || visit.seen_at || visit.state !== 'dispatched') return
  await db.transaction('rw', db.meta, async () => {
    const known = (await readMeta(db, 'seenVisits')) ?? {}
    if (!known[visitId]) await writeMeta(db, { seenVisits: { ...known, [visitId]: now() } })
  })
  requestSync()
}

/** What the server does not know yet: held (null) or opened at an instant. What it knows is forgotten here. */
export async function untoldVisits(db: Tables, userId: Id): Promise<Record<Id, Instant | null>> {
  const roles = (await readMeta(db, 'user'))?.roles ?? []
  if (!roles.includes('engineer') && !roles.includes('crew_lead')) return {}
  const seen = (await readMeta(db, 'seenVisits')) ?? {}
  const untold: Record<Id, Instant | null> = {}
  const open: Record<Id, Instant> = {}
  for (const row of await db.rows.where('noun').equals('visit').toArray()) {
    // What the server said, not what this device made of it since.
    const body = row.base as VisitBody | null
    if (!body || body.lead_id !== userId || body.seen_at || body.state === 'planned') continue
    if (seen[row.id]) open[row.id] = seen[row.id]!
    if ((!body.reached_at || seen[row.id]) && Object.keys(untold).length < MAX) untold[row.id] = seen[row.id] ?? null
  }
  if (Object.keys(open).length !== Object.keys(seen).length) await writeMeta(db, { seenVisits: open })
  return untold
}
