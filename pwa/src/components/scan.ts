interface Detector { detect(image: ImageBitmapSource): Promise<{ rawValue: string }[]> }

/** The browser's own code reader, where it has one (Chrome on Android does). */
export function detectorOf(): (new () => Detector) | undefined {
  return (globalThis as { BarcodeDetector?: new () => Detector }).BarcodeDetector
}
