// Uploads a file with tus-js-client itself, as a program of its own. Its one argument is JSON:
// {endpoint, token, file, metadata, chunkSize, uploadUrl?, abortAt?, pauseMs?}. Each line it prints is JSON.
import { createReadStream, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Upload } from '../../pwa/node_modules/tus-js-client/lib.esm/node/index.js'

const wanted = JSON.parse(process.argv[2])
const say = (line) => console.log(JSON.stringify(line))
const requests = []

const upload = new Upload(createReadStream(wanted.file), {
  endpoint: wanted.endpoint,
  uploadUrl: wanted.uploadUrl ?? null,
  uploadSize: statSync(wanted.file).size,
  chunkSize: wanted.chunkSize,
  metadata: wanted.metadata,
  headers: { Authorization: `Bearer ${wanted.token}` },
  retryDelays: [0, 200, 500, 1000, 1000, 1000, 1000, 1000, 1000, 1000],
  onBeforeRequest: async (request) => {
    requests.push(request.getMethod())
    await sleep(wanted.pauseMs ?? 0)
  },
  onUploadUrlAvailable: () => say({ url: upload.url }),
  onChunkComplete: async (_, accepted) => {
    say({ accepted })
    if (wanted.abortAt && accepted >= wanted.abortAt) {
      await upload.abort()
      say({ aborted: accepted, requests })
      process.exit(0)
    }
  },
  onSuccess: () => say({ success: true, requests }),
  onError: (error) => {
    say({ error: String(error), status: error.originalResponse?.getStatus(), requests })
    process.exitCode = 1
  },
})
upload.start()
