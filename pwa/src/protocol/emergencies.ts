/** Emergency plans, cases in which one is followed, drills: bodies and acts, as `docs/contract.md` names them. */
import type { Common, Day, Id, Instant } from './reference'

export type PlanGroup = 'command' | 'team' | 'liaison'
export interface RosterEntry { id: string; group: PlanGroup; user_id: Id | null; name: string; duty: string; phone: string }
export interface EmergencyStep { id: string; group: PlanGroup; text: string; text_en: string; minutes: number | null }
export interface Supplier { id: string; name: string; contact: string; phone: string; what: string }

export interface EmergencyPlanContent {
  code: string
  level: 1 | 2 | 3
  name: string
  name_en: string
  scenario: string
  roster: RosterEntry[]
  steps: EmergencyStep[]
  suppliers: Supplier[]
}

/** A version; of a code the highest published one is in force. */
export interface EmergencyPlanBody extends Common, EmergencyPlanContent {
  version: number
  state: 'proposed' | 'published' | 'retired'
  decided_by: Id | null
  decided_at: Instant | null
}

export interface EmergencyBody extends Common {
  work_order_id: Id
  visit_id: Id | null
  plan_id: Id
  state: 'active' | 'ended'
  reason: string
  started_at: Instant
  ended_at: Instant | null
  ended_by: Id | null
  summary: string
}

export type EntryKind = 'note' | 'call' | 'tick' | 'untick'
export type CallResult = 'reached' | 'no_answer' | 'busy' | 'wrong_number'

/** A line of the log of a case or a drill; only added to. */
export interface EmergencyEntryBody extends Common {
  parent_noun: 'emergency' | 'drill'
  parent_id: Id
  work_order_id: Id | null
  kind: EntryKind
  step_id: string | null
  contact_id: string | null
  contact_name: string
  phone: string
  result: CallResult | null
  text: string
  by_name: string
  at: Instant
}

export type DrillState = 'planned' | 'running' | 'done' | 'evaluated' | 'cancelled'

export interface DrillBody extends Common {
  plan_id: Id
  planned_at: Instant
  place: string
  scenario: string
  leader_id: Id
  participant_ids: Id[]
  state: DrillState
  started_at: Instant | null
  ended_at: Instant | null
  score: number | null
  good: string
  findings: string
  evaluated_by: Id | null
  evaluated_at: Instant | null
  reason: string
}

export interface DrillActionBody extends Common {
  drill_id: Id
  text: string
  owner_id: Id
  due_on: Day
  done: boolean
  done_at: Instant | null
  done_by: Id | null
  note: string
}

export interface EmergencyBodies {
  emergency_plan: EmergencyPlanBody
  emergency: EmergencyBody
  emergency_entry: EmergencyEntryBody
  drill: DrillBody
  drill_action: DrillActionBody
}

/** What a line says; what is not said is left out. */
export interface NewEntry {
  id: Id
  kind: EntryKind
  step_id?: string
  contact_id?: string
  contact_name?: string
  phone?: string
  result?: CallResult
  text?: string
}

export interface NewAction { id: Id; text: string; owner_id: Id; due_on: Day }

export interface EmergencyArgs {
  'emergency_plan.write': EmergencyPlanContent & { id: Id }
  'emergency_plan.publish': { id: Id }
  'emergency_plan.retire': { id: Id }
  'emergency.activate': { id: Id; work_order_id: Id; visit_id?: Id | null; plan_id: Id; reason?: string }
  'emergency.log': NewEntry & { emergency_id: Id }
  'emergency.end': { id: Id; summary: string }
  'drill.plan': { id: Id; plan_id: Id; planned_at: Instant; place?: string; scenario?: string; leader_id: Id; participant_ids?: Id[] }
  'drill.cancel': { id: Id; reason: string }
  'drill.start': { id: Id }
  'drill.log': NewEntry & { drill_id: Id }
  'drill.finish': { id: Id }
  'drill.evaluate': { id: Id; score: number; good?: string; findings: string; actions?: NewAction[] }
  'drill_action.done': { id: Id; note?: string }
}
