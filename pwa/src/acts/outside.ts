/** What other systems and people outside are told, and what became of it: an administrator's, at the server (F8). */
import type { Id, Instant } from '../protocol/nouns'
import { answered } from './office'

export type HookFormat = 'standard' | 'wecom' | 'dingtalk'
export interface Hook {
  id: Id
  name: string
  url: string
  format: HookFormat
  lang: 'zh-CN' | 'en'
  kinds: string[]
  active: boolean
  failures: number
  stopped_at: Instant | null
  created_at: Instant
  /** Only in the answer that made it. */
  secret?: string
}
export type HookForm = Partial<Pick<Hook, 'name' | 'url' | 'format' | 'lang' | 'kinds' | 'active' | 'secret'>> & { new_secret?: boolean }

export interface Delivery {
  id: Id
  channel: 'push' | 'mail' | 'hook'
  kind: string
  to: string
  number: string | null
  state: 'waiting' | 'sent' | 'failed' | 'dropped'
  attempts: number
  status: number | null
  error: string
  created_at: Instant
  next_at: Instant | null
  ended_at: Instant | null
}
export interface DeliveryPage { items: Delivery[]; next: Id | null }

/** A server may take its ten seconds to find out about an address. */
const TIMEOUT_MS = 30_000

export async function sendJson(method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: object): Promise<Response> {
  const init: RequestInit = { method, signal: AbortSignal.timeout(TIMEOUT_MS) }
  return answered(path, body ? { ...init, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : init)
}

export const listHooks = async (): Promise<Hook[]> => (await answered('/api/webhooks')).json() as Promise<Hook[]>
export const createHook = async (form: HookForm): Promise<Hook> => (await sendJson('POST', '/api/webhooks', form)).json() as Promise<Hook>
export const changeHook = async (id: Id, form: HookForm): Promise<Hook> => (await sendJson('PATCH', `/api/webhooks/${id}`, form)).json() as Promise<Hook>
export const removeHook = async (id: Id): Promise<void> => { await sendJson('DELETE', `/api/webhooks/${id}`) }
export const testHook = async (id: Id): Promise<void> => { await sendJson('POST', `/api/webhooks/${id}/test`) }

export async function listDeliveries(asked: { channel?: string; state?: string; target_id?: string; before?: string }): Promise<DeliveryPage> {
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value))
  return (await answered(`/api/deliveries?${query}`)).json() as Promise<DeliveryPage>
}
export const sendAgain = async (id: Id): Promise<void> => { await sendJson('POST', `/api/deliveries/${id}/again`) }
