import { registerMessages } from '@/i18n'
import { welcomeEn } from '@/i18n/welcome.en'
import { welcomeZh } from '@/i18n/welcome.zh'

registerMessages({ 'zh-CN': welcomeZh, en: welcomeEn })
