/** The words of emergencies; imported by each of their screens. */
import { registerMessages } from '@/i18n'
import { emergencyEn } from '@/i18n/emergency.en'
import { emergencyZh } from '@/i18n/emergency.zh'

registerMessages({ 'zh-CN': emergencyZh, en: emergencyEn })

export const LEVELS = ['Ⅰ', 'Ⅱ', 'Ⅲ'] as const
export const levelName = (level: number): string => LEVELS[level - 1] ?? String(level)
