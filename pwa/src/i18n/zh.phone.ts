/** What a phone says of its own trouble: shut out, emptied, shared, not safe, late. */
export const zhPhone = {
  'app.update_elsewhere': '另一个标签页里正打开着任务，先在那里做完。',
  'chip.sign_in_n': '登录后发送 {n} 条',
  'chip.late': '{n} 条久未送达',
  'chip.draining': '已停用 · {n} 待发送',

  'drain.title': '这台手机已停用',
  'drain.what': '管理员停用了这台手机。任务资料已经从手机上删除，不能再查看。',
  'drain.left': '还有 {n} 条记录、{f} 个文件正在送往服务器。请保持联网，不要清除浏览器数据。',
  'drain.after': '全部送达以后，手机会自己清空并告诉您。',
  'drain.offline': '现在没有网络。有网络时会自动发送。',
  'drain.stuck': '有文件服务器不接收：{why}。请带手机到办公室。',
  'drain.closed': '服务器不再接收这台手机的内容。请带手机到办公室，内容都还在手机上。',
  'drain.delivered': '{name} 在这台手机上的内容已全部送达（{n} 条记录、{f} 个文件），手机上的资料已清空。',
  'drain.someone_else': '其他人登录',

  'safe.title': '还不安全',
  'safe.title_n': '{n} 项未送达，存储还没有保护',
  'safe.why': '浏览器没有保证保留这台手机上的 {n} 项未送达内容：空间不足时可能被清掉。请尽快联网送出，并把应用安装到主屏幕。',
  'safe.ask': '请求保护',

  'late.title': '有内容很久没有送达',
  'late.contact': '联系上过服务器，但最早的一项已经等了{words}。请按“立即同步”；仍不行，请告诉调度。',
  'late.none': '已经{words}没有送出。请走到有网络的地方，打开应用等它发完。',

  'originals.waiting': '{n} 张照片在等 Wi-Fi。',
  'originals.now': '现在就发送',
} as const
