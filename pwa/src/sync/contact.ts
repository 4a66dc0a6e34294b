/** Contact: an answer that only our server could have given. Everything else is silence, whatever its status code. */
import { NotOurs } from '../protocol/wire'
import { writeMeta } from '../store/meta'
import { NoContact, type Sender } from './http'

/** Runs one exchange; when it succeeds, notes the time and how far the server's clock is from this device's. */
export async function contact<T extends { serverTime: string }>(sender: Sender, exchange: () => Promise<T>): Promise<T> {
  const sentAt = Date.now()
  const answer = await exchange().catch((error: unknown) => {
    throw error instanceof NotOurs ? new NoContact(error.message) : error
  })
  const receivedAt = Date.now()
  // The server read its clock about half-way between sending and receiving.
  const clockOffsetMs = Math.round(Date.parse(answer.serverTime) - (sentAt + receivedAt) / 2)
  await writeMeta(sender.db, {
    lastContact: new Date(receivedAt).toISOString(), clockOffsetMs, problem: null, signInNeeded: false,
  })
  return answer
}
