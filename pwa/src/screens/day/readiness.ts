/** 进场预检: what a visit needs on the phone before its signal is gone, and what to do about what is not. Pure. */
import { isOpen } from '@/protocol/lifecycle'
import type { RowOf } from '@/store'

export type Need =
  | 'app' | 'first_sync' | 'storage' | 'clock' | 'prices' | 'catalogue' | 'knowledge' | 'site' | 'order' | 'asset' | 'history'
  | 'deadlines' | 'checklist' | 'contact'
export interface Check { need: Need; ok: boolean; /** What is missing by name, such as the code of a checklist. */ what: string }

export interface PhoneFacts {
  /** The app itself opens without a network: its worker is in control of this page. */
  worker: boolean
  firstSync: boolean
  /** Null: the browser cannot say. */
  persisted: boolean | null
  lastContactAt: string | null
  prices: number
  catalogue: number
  articles: number
}

/** What every visit of the day needs. A phone that never met the server does not know how wrong its clock is. */
export function phoneChecks(facts: PhoneFacts): Check[] {
  const check = (need: Need, ok: boolean): Check => ({ need, ok, what: '' })
  return [
    check('app', facts.worker), check('first_sync', facts.firstSync), check('storage', facts.persisted !== false),
    check('clock', facts.lastContactAt !== null), check('prices', facts.prices > 0), check('catalogue', facts.catalogue > 0),
    check('knowledge', facts.articles > 0),
  ]
}

export interface VisitFacts {
  visit: RowOf<'visit'>
  order: RowOf<'work_order'> | undefined
  site: RowOf<'site'> | undefined
  assetIds: ReadonlySet<string>
  checklistCodes: ReadonlySet<string>
  /** Its rows may still be on their way: a history that is not there yet looks like no history. */
  settled: boolean
  milestones: number
  hasContact: boolean
  /** The visit is today or before, so the contact's number should be here. */
  due: boolean
}

export function visitChecks(facts: VisitFacts): Check[] {
  const { visit, order, site, assetIds, checklistCodes, settled } = facts
  const assetId = order?.body.asset_id
  const unknown = visit.body.checklist_codes.filter((code) => !checklistCodes.has(code))
  const checks: Check[] = [
    { need: 'order', ok: Boolean(order), what: '' },
    { need: 'site', ok: Boolean(site), what: '' },
    { need: 'asset', ok: !assetId || assetIds.has(assetId), what: '' },
    { need: 'history', ok: Boolean(site) && settled, what: '' },
    { need: 'deadlines', ok: facts.milestones > 0 || !order?.body.due_at, what: '' },
    { need: 'checklist', ok: unknown.length === 0, what: unknown.join('、') },
  ]
  const masked = order?.body.contact_masked || site?.body.contact_masked
  if (facts.due && masked) checks.push({ need: 'contact', ok: facts.hasContact, what: '' })
  return checks
}

export const missing = (checks: readonly Check[]): Check[] => checks.filter((check) => !check.ok)

/** Somebody still has to go there, or is there and may lose the signal. */
export const toGo = (visit: RowOf<'visit'>): boolean =>
  isOpen(visit.body.state) && !['work_done', 'signed', 'sign_waived', 'cannot_complete'].includes(visit.body.state)
