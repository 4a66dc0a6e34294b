/** Intake's words, registered with the office's. */
import { registerMessages } from '@/i18n'
import { officeIntakeEn } from '@/i18n/office.intake.en'
import { officeIntakeZh } from '@/i18n/office.intake.zh'

registerMessages({ 'zh-CN': officeIntakeZh, en: officeIntakeEn })
