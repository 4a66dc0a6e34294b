import { registerMessages } from '@/i18n'
import { photoEn } from '@/i18n/photo.en'
import { photoZh } from '@/i18n/photo.zh'

registerMessages({ 'zh-CN': photoZh, en: photoEn })
