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

export const KEY_SCOPES = ['work_orders:read', 'master:read', 'reports:read', 'intake:write'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]
export interface ApiKey {
  id: Id
  name: string
  prefix: string
  scopes: KeyScope[]
  created_at: Instant
  expires_at: Instant | null
  last_used_at: Instant | null
  last_address: string
  revoked_at: Instant | null
  /** Only in the answer that made it. */
  key?: string
}
export const listKeys = async (): Promise<ApiKey[]> => (await answered('/api/keys')).json() as Promise<ApiKey[]>
export const createKey = async (name: string, scopes: KeyScope[], expires_at: Instant | null): Promise<ApiKey> =>
  (await sendJson('POST', '/api/keys', { name, scopes, expires_at })).json() as Promise<ApiKey>
export const revokeKey = async (id: Id): Promise<void> => { await sendJson('POST', `/api/keys/${id}/revoke`) }

export interface AuditLine {
  id: Id
  at: Instant
  user_id: Id | ''
  user_name: string
  device: string
  act: string
  noun: string
  row_id: string
  number: string
  outcome: string
  reason: string
}
export interface AuditQuestion { of?: string; since?: string; until?: string; user_id?: string; act?: string; number?: string; before?: string }

/** Fifty thousand lines take a while to write. */
const FILE_TIMEOUT_MS = 2 * 60_000
/** Everything out: sheets the import reads again (`data`), and what lies where (`stock`). */
export const exportBook = async (name: 'data' | 'stock'): Promise<Blob> =>
  (await answered(`/api/export/${name}.xlsx`, { signal: AbortSignal.timeout(FILE_TIMEOUT_MS) })).blob()

const queryOf = (asked: object): URLSearchParams => new URLSearchParams(Object.entries(asked).filter(([, value]) => value))

export const readAudit = async (asked: AuditQuestion): Promise<{ items: AuditLine[]; next: string | null }> =>
  (await answered(`/api/audit?${queryOf(asked)}`)).json() as Promise<{ items: AuditLine[]; next: string | null }>
export const auditFile = async (asked: AuditQuestion, form: 'xlsx' | 'csv', lang: string): Promise<Blob> =>
  (await answered(`/api/audit/export.${form}?${queryOf({ ...asked, lang })}`, { signal: AbortSignal.timeout(FILE_TIMEOUT_MS) })).blob()
