/** Words of the learning screens. */
import { registerMessages } from '@/i18n'
import { officeLearningEn } from '@/i18n/office.learning.en'
import { officeLearningZh } from '@/i18n/office.learning.zh'
import '../quality/words'

registerMessages({ 'zh-CN': officeLearningZh, en: officeLearningEn })

/** The numbers an action may be measured by. */
export const FIGURES = [
  'resolution', 'respond_in_time', 'arrive_in_time', 'resolve_in_time', 'first_time', 'patrol_completion', 'satisfaction', 'response_hours',
  'handling_hours', 'repaired_again', 'reopened', 'complaints',
] as const
