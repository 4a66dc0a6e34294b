/**
 * The check: does this device hold what the office thinks it holds? It sums up the rows it really has, because a sum kept
 * beside them would still be right after the browser has lost one. Nearly always the answer is "the same". What differs is
 * repaired; a scope that differs twice in a row is not to be trusted, and the device starts over, without its acts and files.
 */
import { dumpCheck, dumpRepair, parseCheck, parseRepair, partsOf, type CheckAnswer } from '../protocol/check'
import { combine, digestOf, EMPTY, hexOf, type Digest, type Listed } from '../protocol/digest'
import { now } from '../store/clock'
import { readMeta, writeMeta } from '../store/meta'
import { applyRepair, pulledRows, startOver } from '../store/repair'
import { contact } from './contact'
import { jsonOf, locked, postJson, Problem } from './http'
import { deviceIdOf } from './registering'
import { syncRows, type Peer } from './sync'

const CHECK_MS = 3600_000
/** Times the first question is asked in one check, when something moves between pull and question. */
const MAX_ASKED = 3
/** Of answers that were full, in one repair: two million rows. */
const MAX_ROUNDS = 1000

/** Checks when asked, or when the last time is an hour ago; the first sync comes first. */
export async function checkIfDue(peer: Peer, asked: boolean): Promise<void> {
  await locked(`xunxiu-check-${peer.userId}`, async () => {
    const last = (await readMeta(peer.db, 'compared'))?.at
    const age = last === undefined ? Infinity : Date.now() - Date.parse(last)
    if (asked || age >= CHECK_MS || age < 0) await check(peer)
  })
}

async function check(peer: Peer): Promise<void> {
  for (let asked = 0; asked < MAX_ASKED; asked++) {
    const outcome = await compare(peer).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 404) return 'nobody' as const // a server of before version 2
      throw error
    })
    if (outcome !== 'moved' && outcome !== 'again') return
    await syncRows(peer)
    if (outcome === 'again') return
  }
}

/** `again`: the device starts over and has to pull. `nobody`: there is nothing, or no one, to compare with. */
type Outcome = 'done' | 'moved' | 'again' | 'nobody'

async function compare(peer: Peer): Promise<Outcome> {
  const { db } = peer
  const cookie = await readMeta(db, 'cookie')
  const atRest = cookie && (await readMeta(db, 'firstSyncComplete')) && !(await readMeta(db, 'draining'))
  if (!atRest) return 'nobody'
  const here = await pulledRows(db)
  const digests = new Map<string, Digest>()
  for (const [scope, rows] of here) digests.set(scope, await digestOf(rows))
  if ((await readMeta(db, 'cookie')) !== cookie) return 'moved'
  const ask = dumpCheck(await deviceIdOf(peer), cookie, [...digests.values()].reduce(combine, EMPTY))
  const answer = await contact(peer, async () => parseCheck(await jsonOf(await postJson(peer, '/api/sync/check', ask))))
  if ((await readMeta(db, 'cookie')) !== cookie) return 'moved'
  const differing = differences(answer, digests)
  if (differing.length) return repair(peer, cookie, differing)
  if (answer.verdict === 'moved') return 'moved'
  await writeMeta(db, { compared: { at: now(), repaired: 0, startedOver: false }, suspects: [] })
  return 'done'
}

function differences({ verdict, scopes }: CheckAnswer, digests: ReadonlyMap<string, Digest>): string[] {
  if (!scopes) return []
  const other = [...scopes].filter(([scope, there]) => {
    const digest = digests.get(scope) ?? EMPTY
    return digest.count !== there.count || hexOf(digest) !== there.hex
  }).map(([scope]) => scope)
  // Where nothing has moved, a scope that is not listed is not ours.
  return verdict === 'differs' ? [...other, ...[...digests.keys()].filter((scope) => !scopes.has(scope))] : other
}

async function repair(peer: Peer, cookie: string, differing: readonly string[]): Promise<Outcome> {
  const before = new Set((await readMeta(peer.db, 'suspects')) ?? [])
  const again = differing.some((scope) => before.has(scope))
  const repaired = await repairScopes(peer, cookie, differing)
  if (repaired === null) return 'moved'
  if (again) await startOver(peer)
  const compared = { at: now(), repaired, startedOver: again }
  await writeMeta(peer.db, { compared, suspects: again ? [] : [...differing] })
  return again ? 'again' : 'done'
}

/** How many rows were put right; null when this device has pulled meanwhile. */
async function repairScopes(peer: Peer, cookie: string, differing: readonly string[]): Promise<number | null> {
  let repaired = 0
  let scopes = new Set(differing)
  for (let round = 0; scopes.size && round < MAX_ROUNDS; round++) {
    const here = await pulledRows(peer.db)
    const listed = new Map<string, Listed[]>([...scopes].map((scope) => [scope, here.get(scope) ?? []]))
    scopes = new Set()
    for (const part of partsOf(listed)) {
      const ask = dumpRepair(await deviceIdOf(peer), cookie, part)
      const answer = await contact(peer, async () => parseRepair(await jsonOf(await postJson(peer, '/api/sync/check', ask))))
      const changed = await applyRepair(peer, cookie, answer, now())
      if (changed === null) return null
      repaired += changed
      if (answer.more) Object.keys(part.scopes).forEach((scope) => scopes.add(scope))
    }
  }
  return repaired
}
