/** By which ways a person is told (F8). */
import type { Common, Id } from './reference'

/** What is switched together; `@rules/notices.json` says which kinds of notices are in it. */
export type NoticeGroup = 'urgent' | 'asks' | 'news'

export interface NoticeChoiceBody extends Common {
  user_id: Id
  push: NoticeGroup[]
  mail: NoticeGroup[]
  address: string
  lang: 'zh-CN' | 'en'
}

export interface ChannelBodies { notice_choice: NoticeChoiceBody }
export interface ChannelArgs {
  'channels.choose': { id: Id } & Pick<NoticeChoiceBody, 'push' | 'mail' | 'address' | 'lang'>
}
