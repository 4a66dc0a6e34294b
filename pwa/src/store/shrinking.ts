/** Makes pictures smaller in a worker, one at a time: two unpacked at once is what gets a page killed. */
import type { Made, Picture } from './fitting'

/** A worker that says nothing for so long has died with its picture. */
const PATIENCE_MS = 30_000

let worker: Worker | null = null
let chain: Promise<unknown> = Promise.resolve()
let count = 0

/** Null when this browser cannot read the picture (HEIC outside Apple's) or cannot draw away from the page. */
export function shrink(blob: Blob, longest: number, quality = 0.82): Promise<Picture | null> {
  const turn = chain.then(() => ask(blob, longest, quality))
  chain = turn.catch(() => null)
  return turn
}

async function ask(blob: Blob, longest: number, quality: number): Promise<Picture | null> {
  if (typeof Worker === 'undefined' || typeof OffscreenCanvas === 'undefined') return null
  worker ??= new Worker(new URL('./shrinking.worker.ts', import.meta.url), { type: 'module' })
  const mine = worker
  const id = ++count
  return new Promise((resolve) => {
    const done = (picture: Picture | null, dead = false) => {
      clearTimeout(timer)
      mine.removeEventListener('message', hear)
      mine.removeEventListener('error', fail)
      if (dead) {
        mine.terminate()
        worker = null
      }
      resolve(picture)
    }
    const hear = ({ data }: MessageEvent<Made>) => { if (data.id === id) done(data.picture) }
    const fail = () => done(null, true)
    const timer = setTimeout(fail, PATIENCE_MS)
    mine.addEventListener('message', hear)
    mine.addEventListener('error', fail)
    mine.postMessage({ id, blob, longest, quality }, [])
  })
}
