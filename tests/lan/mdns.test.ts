import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { Story } from '../live/host/toy.ts'
import { lanTest, makeHosts } from './lan-test.ts'
import type { LanHost } from './lan.ts'
import type { ToyNews } from './toy-peer.ts'

const script = fileURLToPath(new URL('toy-peer.ts', import.meta.url))

/** A toy host there, which is gone after the test. */
function toyOn(host: LanHost): Story<ToyNews> {
  const [command, ...words] = host.command(process.execPath, script)
  const child = spawn(command, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  onTestFinished(async () => {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined
    child.kill('SIGKILL')
    await ended
  })
  const news = new Story<ToyNews>()
  child.on('message', (message) => news.tell(message as ToyNews))
  return news
}

lanTest('a node finds peers of its network by mDNS, dials them and keeps the connection alive', async () => {
  const [alice, bob] = (await makeHosts(2)).map(toyOn) as [Story<ToyNews>, Story<ToyNews>]
  await Promise.all([alice, bob].map((news) => news.type('connected')))
  // Whoever dials tags.
  const [tagged] = await Promise.race([alice, bob].map((news) => news.type('tagged')))
  expect(tagged?.tags).toEqual(['keep-alive-lan'])
})
