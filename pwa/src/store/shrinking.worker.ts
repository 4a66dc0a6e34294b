/** Pictures made smaller beside the page: a twelve-megapixel photo is 48 MB unpacked, and a thumb must not feel it. */
import { fit, type Wanted, type Made } from './fitting'

const port = self as unknown as Worker

port.addEventListener('message', async ({ data }: MessageEvent<Wanted>) => {
  const made: Made = { id: data.id, picture: await fit(data).catch(() => null) }
  port.postMessage(made)
})
