import { registerMessages } from './index'
import { photoEn } from './photo.en'
import { photoZh } from './photo.zh'

registerMessages({ 'zh-CN': photoZh, en: photoEn })
