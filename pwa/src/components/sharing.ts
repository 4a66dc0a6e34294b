/** A file leaves the phone: handed to another app where the browser can, else into the downloads. */

/** Browsers share only kinds of files they know; a text file passes everywhere, and the office looks at the bytes. */
function shareable(file: File): File | null {
  const text = new File([file], `${file.name}.txt`, { type: 'text/plain' })
  return [file, text].find((one) => navigator.canShare?.({ files: [one] })) ?? null
}

export const canShare = (file: File): boolean => shareable(file) !== null

/** False when the person thought better of it. */
export async function shareFile(file: File, title: string): Promise<boolean> {
  const sent = shareable(file)
  if (!sent) return false
  try {
    await navigator.share({ files: [sent], title })
    return true
  } catch (error) {
    if ((error as Error).name === 'AbortError') return false
    throw error
  }
}

export function downloadFile(file: File): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = file.name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000) // the download may still be reading
}
