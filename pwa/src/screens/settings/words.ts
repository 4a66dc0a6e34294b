import { registerMessages } from '@/i18n'
import { channelsEn } from '@/i18n/channels.en'
import { channelsZh } from '@/i18n/channels.zh'

registerMessages({ 'zh-CN': channelsZh, en: channelsEn })
