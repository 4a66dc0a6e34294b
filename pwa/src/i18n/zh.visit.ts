/** Words of the engineer's visit screens. */
export const zhVisit = {
  'visits.title': '任务',
} as const
