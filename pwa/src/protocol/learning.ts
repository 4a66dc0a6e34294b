/** Reviews of root causes, hard cases, training: bodies and acts, as `docs/contract.md` names them. */
import type { Common, Day, Id, Instant } from './reference'

interface AboutOrder extends Common { work_order_id: Id; number: string; title: string; site_name: string }

export interface RootCauseBody extends AboutOrder {
  facts: string
  whys: string[]
  cause: string
  lessons: string
  held_on: Day | null
  participant_ids: Id[]
  state: 'draft' | 'done'
  written_by: Id | null
  written_at: Instant | null
}

export interface HardCaseBody extends AboutOrder {
  month: string
  why: string
  state: 'nominated' | 'chosen' | 'declined' | 'discussed'
  decided_by: Id | null
  decided_at: Instant | null
  decided_note: string
  held_on: Day | null
  participant_ids: Id[]
  minutes: string
}

export type TrainingKind = 'internal' | 'external' | 'on_site' | 'certificate'
export interface TrainingRecordBody extends Common {
  title: string
  kind: TrainingKind
  held_on: Day
  minutes: number
  trainer: string
  skills: string[]
  people: { user_id: Id; passed: boolean; note: string }[]
  note: string
  withdrawn: boolean
}

export interface LearningBodies { root_cause: RootCauseBody; hard_case: HardCaseBody; training_record: TrainingRecordBody }

export interface SaveReviewArgs {
  id: Id
  work_order_id: Id
  facts?: string
  whys?: string[]
  cause?: string
  lessons?: string
  held_on?: Day | null
  participant_ids?: Id[]
  done?: boolean
}
export interface RecordTrainingArgs {
  id: Id
  title: string
  kind: TrainingKind
  held_on: Day
  minutes?: number
  trainer?: string
  skills?: string[]
  people: { user_id: Id; passed?: boolean; note?: string }[]
  note?: string
}
export interface LearningArgs {
  'root_cause.save': SaveReviewArgs
  'hard_case.nominate': { id: Id; work_order_id: Id; month: string; why: string }
  'hard_case.decide': { id: Id; decision: 'choose' | 'decline'; note?: string }
  'hard_case.discuss': { id: Id; minutes: string; held_on: Day; participant_ids?: Id[] }
  'training.record': RecordTrainingArgs
  'training.withdraw': { id: Id; reason: string }
}
