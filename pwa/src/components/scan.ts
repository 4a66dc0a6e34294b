/** Reading codes: the browser's own reader where it has one (Chrome on Android), else ours, from this very server. */
export interface Detector { detect(image: ImageBitmapSource): Promise<{ rawValue: string }[]> }
interface Native { new (): Detector; getSupportedFormats?: () => Promise<string[]> }

let ours: Promise<Detector> | null = null

/** Loaded when the first code is to be read, and kept by the worker with the app, so it is there without a network. */
export async function detector(): Promise<Detector> {
  const native = (globalThis as { BarcodeDetector?: Native }).BarcodeDetector
  if (native && ((await native.getSupportedFormats?.().catch(() => [])) as string[] | undefined)?.includes('qr_code')) return new native()
  ours ??= load().catch((error: unknown) => {
    ours = null // a failed download must not be remembered
    throw error
  })
  return ours
}

async function load(): Promise<Detector> {
  const [{ BarcodeDetector, prepareZXingModule }, { default: wasm }] = await Promise.all([
    import('barcode-detector/ponyfill'), import('zxing-wasm/reader/zxing_reader.wasm?url'),
  ])
  prepareZXingModule({ overrides: { locateFile: (path: string, prefix: string) => (path.endsWith('.wasm') ? wasm : prefix + path) } })
  return new BarcodeDetector({ formats: ['qr_code', 'code_128', 'code_39', 'ean_13', 'data_matrix'] })
}

/** The first code in a picture; null when there is none. */
export async function readCode(image: ImageBitmapSource): Promise<string | null> {
  const [code] = await (await detector()).detect(image)
  return code?.rawValue ?? null
}
