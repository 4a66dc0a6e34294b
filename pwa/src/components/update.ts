import { ref } from 'vue'
import { registerSW } from 'virtual:pwa-register'

/** How often an app that stays open for days asks for a new version. */
const CHECK_MS = 60 * 60 * 1000

/** True when a new version waits; it takes over only when the person says so. */
export const updateReady = ref(false)
let take: (reload?: boolean) => Promise<void> = async () => {}

export function watchForUpdates(): void {
  take = registerSW({
    onNeedRefresh: () => (updateReady.value = true),
    onRegisteredSW: (_url, registration) => {
      window.setInterval(() => void registration?.update().catch(() => {}), CHECK_MS)
    },
  })
}

export const updateNow = (): Promise<void> => take(true)
