/** The words of signing later, fetched with its screen. */
export const laterZh = {
  'later.title': '客户稍后签字',
  'later.hint': '生成一个一次性链接，客户在自己手机上阅读服务单并签字，7 天内有效。没有网络也可以先生成，同步后生效。',
  'later.make': '生成签字链接',
  'later.waits': '已保存在本机，与服务器同步后即可出示二维码。',
  'later.ready': '签字链接已生成，有效至 {when}。出示需要网络。',
  'later.show': '出示二维码',
  'later.qr': '签字链接的二维码',
  'later.scan': '请客户扫码阅读并签字',
  'later.share': '发送链接',
  'later.copied': '链接已复制',
}
