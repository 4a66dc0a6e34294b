/** Pokes from the server, read with fetch because EventSource cannot carry a token. One stream per browser. */
import type { Peer } from './sync'
import { request } from './http'

/** The server says something every 15 s; silence three times as long means the line is dead. */
const SILENCE_MS = 45_000
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 60_000

/** Calls `poked` whenever there may be something new, until `signal` aborts. Only the tab holding the lock streams. */
export async function listen(peer: Peer, poked: () => void, signal: AbortSignal): Promise<void> {
  const locks = globalThis.navigator?.locks
  if (!locks) return // polling will do
  const lead = () => streamForEver(peer, poked, signal)
  await locks.request(`xunxiu-live-${peer.userId}`, { signal }, lead).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

async function streamForEver(peer: Peer, poked: () => void, signal: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT_MS
  while (!signal.aborted) {
    const opened = Date.now()
    await stream(peer, poked, signal).catch(() => {})
    // A line that held for a while earns a quick return; one that fails at once does not.
    wait = Date.now() - opened > SILENCE_MS ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS)
    await pause(wait * (0.5 + Math.random()), signal)
  }
}

async function stream(peer: Peer, poked: () => void, outer: AbortSignal): Promise<void> {
  const silence = new AbortController()
  const signal = AbortSignal.any([outer, silence.signal])
  let timer = setTimeout(() => silence.abort(), SILENCE_MS)
  try {
    const answer = await request(peer, '/api/sync/live', { signal, headers: { Accept: 'text/event-stream' } })
    if (!answer.ok || !answer.headers.get('content-type')?.includes('event-stream') || !answer.body) return
    poked() // what came while nobody listened
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    signal.addEventListener('abort', () => void reader.cancel().catch(() => {}), { once: true })
    for (let rest = ''; ;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), SILENCE_MS)
      const messages = (rest + value).split(/\r?\n\r?\n/)
      rest = messages.pop()!
      if (messages.some((message) => /^event: ?poke$/m.test(message))) poked()
    }
  } finally {
    clearTimeout(timer)
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
  if (signal.aborted) return resolve()
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
})
