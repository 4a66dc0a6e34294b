/** An act comes to be: its number, its entry in the outbox, its effect, its files and the end of its draft, in one strict transaction. */
import { ACT_VERSIONS, type Act, type ActName, type Args } from '../protocol/acts'
import { effectOf } from '../protocol/effects'
import type { View } from '../protocol/effects/view'
import { refusalOf } from '../protocol/guard'
import { newId } from '../protocol/ids'
import type { Id, Instant } from '../protocol/nouns'
import { MAX_ACTS, MAX_ARGS_BYTES, MAX_BATCH_BYTES, ENVELOPE_BYTES, sizeOf } from '../protocol/wire'
import { atomically } from './connection'
import type { Store } from './current'
import type { Tables } from './database'
import { keysWritten } from './drafts'
import { declareFile, type NewFile } from './files'
import { readMeta, writeMeta } from './meta'
import { Overlay } from './overlay'
import { ActRefused } from './refusal'
import { workRecorded } from './signal'
import type { OutboxEntry } from './types'

export type { NewFile } from './files'

interface Intention { act: ActName; args: unknown }
interface Circumstances {
  at: Instant
  group: string | null
  files: readonly NewFile[]
  /** Keys of the drafts whose words these acts are. */
  drafts?: readonly string[]
}

/** Resolves with the acts when they are on disk; throws `ActRefused`, and then nothing was written. */
export async function appendActs(
  store: Store, intents: readonly Intention[], { at, group, files, drafts = [] }: Circumstances,
): Promise<Act[]> {
  const ids = intents.map(() => newId()) // outside, so that a second try after a killed connection is the same act
  await keysWritten(store.db, drafts) // a late one would bring back what the act has taken
  const tables = ['rows', 'outbox', 'meta', 'files', 'chunks', ...(drafts.length ? ['drafts' as const] : [])] as const
  const acts = await atomically(store.db, tables, async (db) => {
    const [kept, last] = await Promise.all([db.outbox.where('id').anyOf(ids).sortBy('n'), lastNumber(db)])
    if (kept.length) return kept // the connection was killed after the commit: they are saved already
    const overlay = new Overlay(db)
    const entries = await entriesOf(store, overlay, intents, ids, last, at, group)
    if (!entries.length) return []
    for (const file of files) await declareFile(db, file, entries[0]!.visitId, at)
    await overlay.flush()
    await db.outbox.bulkAdd(entries)
    await writeMeta(db, { lastN: entries.at(-1)!.n })
    if (drafts.length) await db.drafts.bulkDelete([...drafts])
    return entries
  })
  if (acts.length) workRecorded()
  return acts
}

async function entriesOf(
  store: Store, overlay: Overlay, intents: readonly Intention[], ids: readonly Id[], last: number, at: Instant, group: string | null,
): Promise<OutboxEntry[]> {
  const entries: OutboxEntry[] = []
  let n = last
  for (const [i, intent] of intents.entries()) {
    const args = await argsOf(intent.args, overlay)
    if (!args) continue
    n += 1
    const act: Act = { n, id: ids[i]!, act: intent.act, v: ACT_VERSIONS[intent.act] ?? 1, at, args, group }
    const refusal = await refusalOf(act, overlay, store)
    if (refusal) throw new ActRefused(refusal)
    if (sizeOf(args) > MAX_ARGS_BYTES) throw new ActRefused('act-too-large')
    const touches = await overlay.apply(await effectOf(act, overlay, store))
    const visitId = await visitOf(act, overlay)
    entries.push({ ...act, state: 'pending', outcome: null, rev: null, code: null, detail: null, touches, tries: 0, visitId })
  }
  if (entries.length > MAX_ACTS || sizeOf(entries) > MAX_BATCH_BYTES - ENVELOPE_BYTES) throw new ActRefused('group-too-large')
  return entries
}

/** A number is never given twice, even when the record of the last one was lost: the outbox itself is asked too. */
async function lastNumber(db: Tables): Promise<number> {
  const [last, told] = await Promise.all([db.outbox.orderBy('n').last(), readMeta(db, 'lastN')])
  return Math.max(told ?? 0, last?.n ?? 0)
}

async function argsOf(args: unknown, view: View): Promise<Args[ActName] | null | undefined> {
  return typeof args === 'function'
    ? (args as (view: View) => Promise<Args[ActName] | null>)(view)
    : JSON.parse(JSON.stringify(args)) // what is kept is what will be sent, and free of reactive proxies
}

/** The visit an act belongs to, whatever it names. */
async function visitOf(act: Act, overlay: Overlay): Promise<Id | null> {
  const args = act.args as { visit_id?: Id; run_id?: Id; id?: Id }
  if (args.visit_id) return args.visit_id
  if (args.run_id) return (await overlay.get('checklist_run', args.run_id))?.body.visit_id ?? null
  const noun = { 'part.withdraw': 'part_use', 'attachment.withdraw': 'attachment', 'note.withdraw': 'note', 'defect.withdraw': 'defect', 'archive.withdraw': 'archive_change' }[act.act as string]
  if (act.act === 'visit.dispatch') return args.id ?? null
  return noun ? ((await overlay.get(noun as 'note', args.id!))?.body.visit_id ?? null) : null
}
