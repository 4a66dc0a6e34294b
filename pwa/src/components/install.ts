import { readonly, ref } from 'vue'

interface InstallPrompt extends Event { prompt(): Promise<{ outcome?: string } | undefined> }

const available = ref(false)
const standing = ref(false)
let prompt: InstallPrompt | undefined
/** True while the browser is ready to ask; where it never is (iOS), words say how. */
export const canInstall = readonly(available)
/** Opened by its icon, or put there a moment ago. */
export const installed = readonly(standing)

/** Keeps the browser's offer for the settings instead of letting it pop up over somebody's work. */
export function listenForInstall(): void {
  standing.value = matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    prompt = event as InstallPrompt
    available.value = true
  })
  window.addEventListener('appinstalled', () => {
    available.value = false
    standing.value = true
  })
}

/** False: the person said no. The browser asks once for each offer it makes. */
export async function install(): Promise<boolean> {
  const answer = await prompt?.prompt()
  available.value = false
  return answer?.outcome !== 'dismissed'
}
