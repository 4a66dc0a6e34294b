/** How this browser puts the app on the home screen, where it does not offer to do so itself. */
export type InstallWay = 'inside' | 'iphone' | 'ipad' | 'menu' | 'desk'

/** Browsers inside another app: they install nothing, and what they store goes with that app. */
const INSIDE = /MicroMessenger|WeChat|wxwork|DingTalk|Feishu|Lark|AlipayClient|\bQQ\//i

/** `touchPoints` tells an iPad from a Mac, which says the same of itself. */
export function installWay(agent: string, touchPoints: number): InstallWay {
  if (INSIDE.test(agent)) return 'inside'
  if (/iPhone|iPod/.test(agent)) return 'iphone'
  if (/iPad/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return 'ipad'
  return /Android|HarmonyOS|Mobile/i.test(agent) ? 'menu' : 'desk'
}
