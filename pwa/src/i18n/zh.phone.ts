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

  'lost.title': '浏览器清掉了本应用的数据',
  'lost.unsent': '{name} 有 {n} 项还没送达的内容丢失了。',
  'lost.since': '最早的一项记录于 {when}。',
  'lost.contact': '最后一次联系服务器：{when}，那之前送达的内容都在服务器上，没有丢。',
  'lost.never_contact': '这台手机在那之前没有联系过服务器。',
  'lost.todo': '请登录，看看哪些任务还缺记录，趁还记得，重新补上；照片在手机相册里的可以再选一次。登录后，调度会知道这件事。',
  'lost.prevent': '为了不再发生：把应用安装到主屏幕，不要手动清除浏览数据。',
  'lost.nothing': '{name} 的内容当时已全部送达，没有丢失。请重新登录，任务会再次下载。',
  'lost.understood': '我知道了',

  'login.waits_n': '{n} 条未送达，登录后发送',

  'safe.title': '还不安全',
  'safe.title_n': '{n} 项未送达，存储还没有保护',
  'safe.why': '浏览器没有保证保留这台手机上的 {n} 项未送达内容：空间不足时可能被清掉。请尽快联网送出，并把应用安装到主屏幕。',
  'safe.ask': '请求保护',

  'late.title': '有内容很久没有送达',
  'late.contact': '联系上过服务器，但最早的一项已经等了{words}。请按“立即同步”；仍不行，请告诉调度。',
  'late.none': '已经{words}没有送出。请走到有网络的地方，打开应用等它发完。',

  'settings.originals': '照片原图只用 Wi-Fi 发送',
  'settings.originals_hint': '记录和签名随时发送；没有 Wi-Fi 时，照片先留在手机上。',
  'originals.waiting': '{n} 张照片在等 Wi-Fi。',
  'originals.now': '现在就发送',
} as const
