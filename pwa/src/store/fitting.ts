/** One picture fitted into a square of so many pixels; run by the worker, or by the page where workers cannot draw. */
export interface Wanted { id: number; blob: Blob; longest: number; quality: number }
export interface Picture { blob: Blob; width: number; height: number }
export interface Made { id: number; picture: Picture | null }

/** Never enlarged; upright as the camera meant it. Throws when this browser cannot read the format. */
export async function fit({ blob, longest, quality }: Omit<Wanted, 'id'>): Promise<Picture> {
  const whole = await createImageBitmap(blob, { imageOrientation: 'from-image' })
  try {
    const scale = Math.min(1, longest / Math.max(whole.width, whole.height))
    if (scale === 1 && blob.type === 'image/jpeg') return { blob, width: whole.width, height: whole.height }
    const [width, height] = [Math.round(whole.width * scale), Math.round(whole.height * scale)]
    const canvas = new OffscreenCanvas(width, height)
    const pen = canvas.getContext('2d')!
    pen.imageSmoothingQuality = 'high'
    pen.fillStyle = '#fff' // what was transparent becomes paper
    pen.fillRect(0, 0, width, height)
    pen.drawImage(whole, 0, 0, width, height)
    return { blob: await canvas.convertToBlob({ type: 'image/jpeg', quality }), width, height }
  } finally {
    whole.close() // at once, not when the collector comes round: sixty of these would fill a phone
  }
}
