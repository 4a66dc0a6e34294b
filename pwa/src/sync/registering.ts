/** Another number line for a device whose own is shared or broken (`store/line.ts`), without the password and without losing an act. */
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { beginLine } from '../store/line'
import { readMeta, writeMeta } from '../store/meta'
import { epochOf, jsonOf, plainRequest, Problem, signInNeeded, tokensOf } from './http'
import type { Peer } from './sync'

/** As it is now: another tab may have begun a new line since this one started. */
export const deviceIdOf = async (peer: Peer): Promise<Id> => (await readMeta(peer.db, 'deviceId')) ?? peer.deviceId

/** Under the lock of the round, so that no batch of the old line is under way. */
export async function registerAnew(peer: Peer): Promise<void> {
  const held = await readMeta(peer.db, 'tokens')
  if (!held) throw await signInNeeded(peer)
  const deviceId = newId()
  const answer = await plainRequest('/api/devices', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${held.refresh}` },
    body: JSON.stringify({ id: deviceId, name: globalThis.navigator?.userAgent?.slice(0, 60) ?? '', platform: 'web' }),
  })
  try {
    const told = await jsonOf(answer)
    await beginLine(peer.db, deviceId, tokensOf(told), epochOf(told))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    await writeMeta(peer.db, { lineClosed: true }) // the twin may have used the token up: signing in gives a line too
    throw await signInNeeded(peer, error.code, error.detail)
  }
}
