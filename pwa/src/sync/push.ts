/** Acts up: batch after batch until nothing waits. Only a receipt moves the queue on. */
import { now } from '../store/clock'
import { lossWasReported, unreportedLoss } from '../store/evicting'
import { beyondReach } from '../store/line'
import { acceptReceipts, countTry, nextBatch } from '../store/receipts'
import { readMeta, writeMeta } from '../store/meta'
import { untoldVisits } from '../store/seen'
import { batteryPercent, storageReport } from '../store/storage'
import type { OutboxEntry } from '../store/types'
import { dumpPush, parsePush, type DeviceStatus, type PushAnswer } from '../protocol/wire'
import { APP_VERSION } from '../version'
import { contact } from './contact'
import { jsonOf, postJson, Problem, type Sender } from './http'
import { deviceIdOf, registerAnew } from './registering'
import type { Peer } from './sync'

/** A status travels alone when it changed, or when the last is this old. */
const STATUS_MS = 5 * 60_000
/** Answers about a whole request that a smaller request might not get. */
const TOO_MUCH = new Set([400, 413, 422])

export async function pushAll(peer: Peer): Promise<void> {
  let one = false
  let healed = false
  for (;;) {
    const batch = await nextBatch(peer.db, one)
    if (!batch.length) return
    await countTry(peer.db, batch)
    try {
      const answer = await push(peer, batch)
      const moved = await acceptReceipts(peer.db, answer)
      if (!healed && (await beyondReach(peer.db, answer.last))) {
        healed = true
        await registerAnew(peer)
        continue
      }
      if (!moved) throw new Problem(500, 'no-receipts', 'The server answered without a receipt for what was sent')
    } catch (error) {
      if (error instanceof Problem && error.code === 'device-cloned' && !healed) {
        healed = true
        await registerAnew(peer)
        continue
      }
      // One bad act must not hold up those before it: from here on each goes alone, until it is the head.
      if (!(error instanceof Problem) || !TOO_MUCH.has(error.status) || one) throw error
      one = true
    }
  }
}

/** Says how the device is when nothing else told the server lately. */
export async function pushStatus(peer: Peer): Promise<void> {
  const status = await statusAfter(peer, [])
  const last = await readMeta(peer.db, 'saidStatus')
  const same = !status.evicted && (last?.visits ?? '{}') === said(status) && last?.pending === status.pending && last.filesWaiting === status.files_waiting
  if (same && Date.now() - Date.parse(last.at) < STATUS_MS) return
  await acceptReceipts(peer.db, await push(peer, []))
}

async function push(peer: Peer, batch: readonly OutboxEntry[]): Promise<PushAnswer> {
  const status = await statusAfter(peer, batch)
  const epoch = (await readMeta(peer.db, 'epoch')) ?? null
  const body = dumpPush(await deviceIdOf(peer), epoch, now(), batch, status)
  const answer = await contact(peer, async () => parsePush(await jsonOf(await postJson(peer, '/api/sync/push', body))))
  await writeMeta(peer.db, {
    saidStatus: { pending: status.pending, filesWaiting: status.files_waiting, visits: said(status), at: now() },
  })
  if (status.evicted) await lossWasReported(peer.userId)
  return answer
}

const said = (status: DeviceStatus): string => JSON.stringify(status.visits ?? {})

/** How it will be when this batch has arrived: the board must not show as waiting what is on its way in. */
async function statusAfter({ db, userId }: Sender, batch: readonly OutboxEntry[]): Promise<DeviceStatus> {
  const sent = new Set(batch.map((entry) => entry.n))
  const left = (await db.outbox.where('state').equals('pending').sortBy('n')).filter((entry) => !sent.has(entry.n))
  const files = await db.files.where('state').anyOf('waiting', 'uploading', 'stuck').toArray()
  // A message that arrives is itself contact: that there was none before is no trouble of now.
  const problem = (await readMeta(db, 'problem'))?.code ?? null
  const [storage, lost, visits, battery] = await Promise.all([storageReport(), unreportedLoss(userId), untoldVisits(db, userId), batteryPercent()])
  return {
    pending: left.length,
    oldest_at: left[0]?.at ?? null,
    files_waiting: files.length,
    failing: files.find((file) => file.state === 'stuck')?.error ?? (problem === 'no-contact' ? null : problem),
    app_version: APP_VERSION,
    persisted: storage.persisted ?? false,
    storage_used: storage.used,
    storage_quota: storage.quota,
    clock_offset_ms: (await readMeta(db, 'clockOffsetMs')) ?? null,
    battery,
    visits,
    evicted: lost && { unsent: lost.unsent, since: lost.since, last_contact: lost.lastContact, noticed_at: lost.noticedAt },
  }
}
