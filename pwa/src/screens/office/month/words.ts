/** The words of the month's report, loaded with it. */
import { registerMessages } from '@/i18n'
import { monthEn } from '@/i18n/month.en'
import { monthZh } from '@/i18n/month.zh'

registerMessages({ 'zh-CN': monthZh, en: monthEn })

export const CARDS = [
  'resolution', 'respond_in_time', 'arrive_in_time', 'resolve_in_time', 'first_time', 'satisfaction', 'response_hours', 'handling_hours', 'patrol_completion',
] as const
export const TYPES = ['category', 'symptom', 'asset_class'] as const
export const FIGURES = [
  'registered', 'cancelled', 'merged', 'resolved', 'unresolved', 'level_1', 'level_2', 'level_3', 'consultations', 'reopened', 'repaired', 'repaired_again',
  'respond_due', 'respond_met', 'respond_declared', 'resolve_due', 'resolve_met', 'resolve_declared', 'ratings', 'patrols_due', 'patrols_done', 'patrols_missed', 'patrols_excused',
  'defects', 'parts_used',
] as const
export const SITE_COLUMNS = ['registered', 'resolved', 'unresolved', 'repaired_again', 'patrols_due', 'patrols_done', 'defects', 'parts_used'] as const
