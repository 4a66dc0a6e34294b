/** The few words a round has only while it is tried out. */
import { registerMessages } from '@/i18n'
import '../patrol/words'

registerMessages({
  'zh-CN': { 'preview.defect': '试填：现场会在这里登记缺陷', 'preview.complete': '试填完成，不会提交', 'preview.again': '重新试填' },
  en: { 'preview.defect': 'Trying out: on site the defect is registered here', 'preview.complete': 'Tried out; nothing is sent', 'preview.again': 'Again' },
})
