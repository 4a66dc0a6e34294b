/** Which promise is still waited for: twin of `awaited` in `server/acts/promises.py`. */
import type { SlaMilestoneBody } from './deadlines'

/** A later promise that was kept leaves nothing to wait for in an earlier one. */
const ORDER = ['confirm', 'respond', 'dispatch', 'arrive', 'resolve', 'feed_back']

interface Promised { body: SlaMilestoneBody }

/** Not met, no later one of its round met either; a plan is wanted until all is resolved. Paused ones still count. */
export function isOutstanding(one: SlaMilestoneBody, all: readonly Promised[]): boolean {
  if (one.met_at) return false
  const round = one.round ?? 0
  const kept = all.filter(({ body }) => body.met_at && (body.round ?? 0) >= round)
  if (one.kind === 'plan') return !kept.some(({ body }) => body.kind === 'resolve')
  const place = ORDER.indexOf(one.kind)
  return !kept.some(({ body }) => ORDER.indexOf(body.kind) > place)
}

/** Outstanding, and its clock is not paused. */
export const isAwaited = (one: SlaMilestoneBody, all: readonly Promised[]): boolean => !one.paused_at && isOutstanding(one, all)
