/** By which ways one is told beside the app (F8). The choice is an act like any other; calling this browser needs the server. */
import type { NoticeChoiceBody } from '../protocol/channels'
import { newId } from '../protocol/ids'
import type { Id } from '../protocol/nouns'
import { requestSync } from '../store/signal'
import { answered } from './office'
import { record } from './record'

export interface Ways { push_key: string; push_here: boolean; mail: boolean }

/** What there is beside the app, for this device. */
export const readWays = async (): Promise<Ways> => (await answered('/api/channels')).json() as Promise<Ways>

const JSON_HEADERS = { 'Content-Type': 'application/json' }

/** From now on the server may call this browser in the name of whoever is signed in here. */
export async function callThisDevice(subscription: PushSubscriptionJSON, lang: string): Promise<void> {
  const body = JSON.stringify({ endpoint: subscription.endpoint, keys: { p256dh: subscription.keys?.['p256dh'], auth: subscription.keys?.['auth'] }, lang })
  await answered('/api/channels/push', { method: 'PUT', headers: JSON_HEADERS, body })
}
export async function callNoMore(): Promise<void> {
  await answered('/api/channels/push', { method: 'DELETE' })
}
/** A notice to oneself, by every way chosen for urgent ones. */
export async function sendTest(): Promise<void> {
  await answered('/api/channels/test', { method: 'POST' })
  requestSync()
}

/** The whole choice, as it shall be now. `id` of the one known here, if there is one. */
export async function chooseChannels(id: Id | undefined, chosen: Pick<NoticeChoiceBody, 'push' | 'mail' | 'address' | 'lang'>): Promise<void> {
  await record('channels.choose', { id: id ?? newId(), ...chosen })
  requestSync()
}
