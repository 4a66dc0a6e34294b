/** Maintenance plans and what they make: bodies and acts, as `docs/contract.md` names them. */
import type { Common, Day, Id, Instant } from './reference'

export type PlanKind = 'monthly' | 'quarterly' | 'half_year'

/** What a site was promised. Held by the office. */
export interface MaintenancePlanBody extends Common {
  site_id: Id
  kind: PlanKind
  /** Of RFC 5545 what `sync/plans.py` understands. */
  rrule: string
  starts_on: Day
  ends_on: Day | null
  /** To each side of the day itself. */
  window_days: number
  checklist_codes: string[]
  team_id: Id | null
  lead_id: Id | null
  active: boolean
  note: string
}

export type OccurrenceState = 'due' | 'visit_made' | 'done' | 'missed' | 'excused'

/** One time a plan falls due; made by the server. */
export interface PlanOccurrenceBody extends Common {
  plan_id: Id
  site_id: Id
  kind: PlanKind
  due_on: Day
  opens_on: Day
  closes_on: Day
  state: OccurrenceState
  work_order_id: Id | null
  done_on: Day | null
  /** Why it was excused, or where a record made elsewhere is kept. */
  reason: string
  decided_by: Id | null
}

export interface PlanBodies { maintenance_plan: MaintenancePlanBody; plan_occurrence: PlanOccurrenceBody }

export interface SetPlanArgs {
  id: Id
  site_id: Id
  kind: PlanKind
  rrule: string
  starts_on: Day
  ends_on?: Day | null
  window_days?: number
  checklist_codes?: string[]
  team_id?: Id | null
  lead_id?: Id | null
  active?: boolean
  note?: string
}

export interface PlanArgs {
  'plan.set': SetPlanArgs
  'occurrence.make_visit': { id: Id; occurrence_ids: Id[]; visit_id?: Id; lead_id?: Id; slot_start?: Instant; slot_end?: Instant }
  'occurrence.excuse': { id: Id; reason: string }
  'occurrence.record': { id: Id; done_on: Day; reason: string }
  'occurrence.restore': { id: Id }
}
