import type { zhVisit } from './zh.visit'

/** The English of `zh.visit.ts`. */
export const enVisit: Record<keyof typeof zhVisit, string> = {
  'visits.title': 'Visits',
}
