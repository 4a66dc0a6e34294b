/** Requests in one person's name. No credentials travel in the queue: the token is taken when a request leaves. */
import type { Tokens, UserDatabase } from '../store/database'
import { readMeta, writeMeta } from '../store/meta'

/** No answer of ours: no network, a captive portal, a proxy, a broken body. Trying again later is right. */
export class NoContact extends Error {
  constructor(detail: string) {
    super(detail)
    this.name = 'NoContact'
  }
}

/** The server said no, in its own words. */
export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, readonly detail: string) {
    super(`${status} ${code}: ${detail}`)
    this.name = 'Problem'
  }
}

/** What a request needs to know of its sender. */
export interface Sender { userId: string; db: UserDatabase }

/** Milliseconds before a request is given up: a weak link is slow, a dead one is for ever. */
const TIMEOUT_MS = 45_000
/** An access token with less than this left is renewed first. */
const EARLY_MS = 20_000

export const language = (): string => globalThis.document?.documentElement.lang || globalThis.navigator?.language || 'zh-CN'

export type Fetch = typeof globalThis.fetch
let fetcher: Fetch = (...args) => globalThis.fetch(...args)

/** Tests put a transport of theirs here. */
export function useFetch(given: Fetch): void {
  fetcher = given
}

/** One attempt; throws `NoContact` when nothing of ours answered. Problems come back as responses. */
export async function plainRequest(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('Accept-Language', language())
  try {
    return await fetcher(path, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS), ...init, headers })
  } catch (error) {
    throw new NoContact(String(error))
  }
}

/** With the sender's token, renewed when it has run out. */
export async function request(sender: Sender, path: string, init: RequestInit = {}): Promise<Response> {
  let tokens = await readMeta(sender.db, 'tokens')
  if (!tokens) throw await signInNeeded(sender)
  if (await runsOut(sender, tokens)) tokens = await renewed(sender, tokens)
  const answer = await plainRequest(path, withToken(init, tokens.access))
  if (answer.status !== 401) return answer
  return plainRequest(path, withToken(init, (await renewed(sender, tokens)).access))
}

function withToken(init: RequestInit, token: string): RequestInit {
  const headers = new Headers(init.headers)
  headers.set('Authorization', `Bearer ${token}`)
  return { ...init, headers }
}

async function runsOut({ db }: Sender, tokens: Tokens): Promise<boolean> {
  const serverNow = Date.now() + ((await readMeta(db, 'clockOffsetMs')) ?? 0)
  return Date.parse(tokens.accessExpiresAt) - serverNow < EARLY_MS
}

/** One tab renews, the others take what it got: a refresh token is good for one use. */
export async function renewed(sender: Sender, used: Tokens): Promise<Tokens> {
  return locked(`xunxiu-token-${sender.userId}`, async () => {
    const held = await readMeta(sender.db, 'tokens')
    if (!held) throw await signInNeeded(sender)
    if (held.access !== used.access) return held
    const answer = await plainRequest('/api/auth/refresh', withToken({ method: 'POST' }, held.refresh))
    if (answer.status === 401 || answer.status === 403) {
      const { code, detail } = await problemOf(answer) // NoContact when it is not ours: a portal signs nobody out
      throw await signInNeeded(sender, code, detail)
    }
    const tokens = tokensOf(await jsonOf(answer))
    await writeMeta(sender.db, { tokens })
    return tokens
  })
}

/** Work goes on and the queue stays: only sending waits for a person to sign in again. */
export async function signInNeeded({ db }: Sender, code = 'sign-in', detail = 'Sign in to send what waits'): Promise<Problem> {
  await writeMeta(db, { signInNeeded: true })
  return new Problem(401, code, detail)
}

export function tokensOf(data: unknown): Tokens {
  const { access, refresh, access_expires_at: accessExpiresAt } = (data ?? {}) as Record<string, unknown>
  if (typeof access !== 'string' || typeof refresh !== 'string' || typeof accessExpiresAt !== 'string') {
    throw new NoContact('The answer has no tokens')
  }
  return { access, refresh, accessExpiresAt }
}

/** The life of the database that an answer about a device speaks of; null from a server of before. */
export const epochOf = (data: unknown): string | null => {
  const { epoch } = (data ?? {}) as Record<string, unknown>
  return typeof epoch === 'string' ? epoch : null
}

/** The body of a good answer; throws `Problem` or `NoContact`. */
export async function jsonOf(answer: Response): Promise<unknown> {
  if (!answer.ok) throw await problemOf(answer)
  if (!answer.headers.get('content-type')?.includes('json')) throw new NoContact('The answer is not JSON')
  return answer.json().catch((error: unknown) => { throw new NoContact(String(error)) })
}

/** Only problem+json with a code is our server's own refusal. */
export async function problemOf(answer: Response): Promise<Problem> {
  const type = answer.headers.get('content-type') ?? ''
  const data = type.includes('problem+json') ? ((await answer.json().catch(() => null)) as Record<string, unknown> | null) : null
  if (typeof data?.['code'] !== 'string') throw new NoContact(`${answer.status} without a problem of ours`)
  return new Problem(answer.status, data['code'], String(data['detail'] ?? data['title'] ?? ''))
}

export const postJson = (sender: Sender, path: string, body: unknown): Promise<Response> =>
  request(sender, path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })

/** One at a time across tabs and the worker; alone where the browser has no locks. */
export function locked<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks
  return locks ? (locks.request(name, work) as Promise<T>) : alone(name, work)
}

const queues = new Map<string, Promise<unknown>>()
function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(name) ?? Promise.resolve()).then(work, work)
  queues.set(name, turn.catch(() => {}))
  return turn
}
