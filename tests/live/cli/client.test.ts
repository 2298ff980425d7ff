import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { request } from '../../../cli/control/client.ts'

test.each([
  ['while it is connecting', () => Promise.resolve()],
  ['while it waits for the answer', (asked: Promise<unknown>) => asked],
])('a request that is aborted %s ends with the reason, though the peer never answers', async (_, moment) => {
  const directory = mkdtempSync(join(tmpdir(), 'peerloom-client-'))
  const silent = createServer().listen(join(directory, 'socket'))
  onTestFinished(() => {
    silent.close()
    rmSync(directory, { recursive: true })
  })
  await once(silent, 'listening')
  const asked = once(silent, 'connection').then(([socket]) => once(socket as Socket, 'data'))
  const aborting = new AbortController()
  const profile = { name: 'alice', directory, socket: join(directory, 'socket') }
  const asking = request(profile, { verb: 'status', signal: aborting.signal })
  const reason = new Error('took too long')
  void moment(asked).then(() => aborting.abort(reason))
  await expect(asking).rejects.toBe(reason)
})
