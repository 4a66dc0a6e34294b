/** The words of patrols come with their screens: a phone that only looks at its list does not load them. */
import { registerMessages } from '@/i18n'
import { patrolEn } from '@/i18n/patrol.en'
import { patrolZh } from '@/i18n/patrol.zh'

registerMessages({ 'zh-CN': patrolZh, en: patrolEn })
