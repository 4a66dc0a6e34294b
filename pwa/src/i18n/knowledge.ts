import { registerMessages } from './index'
import { knowledgeEn } from './knowledge.en'
import { knowledgeZh } from './knowledge.zh'

registerMessages({ 'zh-CN': knowledgeZh, en: knowledgeEn })
