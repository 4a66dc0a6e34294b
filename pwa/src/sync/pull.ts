/** Rows down: page after page until there are no more; each page is whole on disk before the next is asked for. */
import { dumpPull, parsePull } from '../protocol/wire'
import { applyPull } from '../store/apply'
import { now } from '../store/clock'
import { readMeta } from '../store/meta'
import { contact } from './contact'
import { jsonOf, postJson, Problem } from './http'
import { deviceIdOf } from './registering'
import type { Peer } from './sync'

/** A pass longer than this many pages is a loop: a cache that replays an answer replays a cursor. */
const MAX_PAGES = 2000

/** True when it brought something. */
export async function pullAll(peer: Peer): Promise<boolean> {
  let brought = false
  for (let page = 0; page < MAX_PAGES; page++) {
    const cookie = (await readMeta(peer.db, 'cookie')) ?? null
    const ask = dumpPull(await deviceIdOf(peer), cookie)
    const answer = await contact(peer, async () => parsePull(await jsonOf(await postJson(peer, '/api/sync/pull', ask))))
    if (answer.more && answer.cookie === cookie) throw new Problem(500, 'pull-loop', 'The same page came twice')
    await applyPull(peer, answer, now())
    brought ||= answer.rows.length > 0 || answer.left.length > 0
    if (!answer.more) return brought
  }
  throw new Problem(500, 'pull-loop', `More than ${MAX_PAGES} pages in one pass`)
}
