import { readonly, ref } from 'vue'

interface InstallPrompt extends Event { prompt(): Promise<void> }

const available = ref(false)
let prompt: InstallPrompt | undefined
/** True while the browser is ready to ask; where it never is (iOS), words say how. */
export const canInstall = readonly(available)

/** Keeps the browser's offer for the settings instead of letting it pop up over somebody's work. */
export function listenForInstall(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    prompt = event as InstallPrompt
    available.value = true
  })
  window.addEventListener('appinstalled', () => (available.value = false))
}

export async function install(): Promise<void> {
  await prompt?.prompt()
  available.value = false
}

export const isInstalled = (): boolean => matchMedia('(display-mode: standalone)').matches
