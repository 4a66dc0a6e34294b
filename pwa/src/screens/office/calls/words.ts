/** The words of call-backs; tables say what the month's report says. */
import { registerMessages } from '@/i18n'
import '../month/words'

registerMessages({
  'zh-CN': {
    'calls.title': '回访', 'calls.n': '待回访 {n}', 'calls.none': '没有待回访的上门', 'calls.over': '提交时间', 'calls.contact': '联系人', 'calls.record': '记录回访',
    'calls.own': '本人上门,由他人回访', 'calls.mode': '方式', 'calls.mode.call': '电话', 'calls.mode.wechat': '微信', 'calls.mode.visit': '上门', 'calls.words': '意见与建议',
    'calls.who': '受访人', 'calls.close': '同时关闭工单', 'calls.saved': '回访已记录',
  },
  en: {
    'calls.title': 'Call-backs', 'calls.n': '{n} to ask', 'calls.none': 'Nobody is left to be asked', 'calls.over': 'Handed in', 'calls.contact': 'Contact', 'calls.record': 'Record call-back',
    'calls.own': 'Your own visit: somebody else asks', 'calls.mode': 'How', 'calls.mode.call': 'Phone', 'calls.mode.wechat': 'WeChat', 'calls.mode.visit': 'In person', 'calls.words': 'Opinion, suggestions',
    'calls.who': 'Who answered', 'calls.close': 'Close the work order with it', 'calls.saved': 'Call-back recorded',
  },
})
