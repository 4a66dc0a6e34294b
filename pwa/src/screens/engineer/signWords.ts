/** What the sheet for signing says, in the report's own language: it is handed to the customer, not to the engineer. */
import type { Locale } from '@/protocol/report'

const zh = {
  close: '关闭', hand_over: '请把手机交给签字人', optional: '选填', opinion: '意见', name: '姓名', name_missing: '请填写姓名',
  signature: '签名', too_little: '这还不像签名，请写完整', binding: '签名与上面报告的内容绑定，之后的改动会标出来。', confirm: '确认签字',
  here: '在此签名', again: '重写', speed: '响应速度', solution: '解决效果', attitude: '服务态度',
  nth: '{n} 星', stars: ['很不满意', '不满意', '一般', '满意', '很满意'] as readonly string[],
}
export type SignWords = typeof zh

const en: SignWords = {
  close: 'Close', hand_over: 'Please hand the phone to the signer', optional: 'optional', opinion: 'Opinion', name: 'Name',
  name_missing: 'Please enter a name', signature: 'Signature', too_little: 'That is not yet a signature: please write it out',
  binding: 'The signature is bound to the report above; later changes will be marked.', confirm: 'Sign',
  here: 'Sign here', again: 'Write again', speed: 'Speed', solution: 'Solution', attitude: 'Attitude',
  nth: '{n} of 5', stars: ['Very poor', 'Poor', 'Fair', 'Good', 'Very good'],
}

export const signWords: Record<Locale, SignWords> = { 'zh-CN': zh, en }
