import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { describe, expect, test } from 'vitest'
import { createPeer, type DefaultOverlays, type Peer } from '../../../node/peer/index.ts'
import { openSqliteStore } from '../../../node/stores/sqlite/index.ts'
import { noBrowser } from '../browser.ts'
import { network } from './serving-peer.ts'
import { useStage } from './stage.ts'

/** Two devices with one author's key, which do not know of each other. */
async function twins(): Promise<{ readonly directories: readonly string[] } & AsyncDisposable> {
  const key = await generateKeyPair('Ed25519')
  const directories = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'peerloom-twin-'))))
  for (const directory of directories) {
    const store = await openSqliteStore(directory)
    await store.put('author-key', key.raw)
    await store.close()
  }
  return {
    directories,
    async [Symbol.asyncDispose]() {
      for (const directory of directories) await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Writes something into the notes, and only then meets the others. */
async function write(directory: string, text: string, address: string): Promise<Peer<DefaultOverlays>> {
  const peer = await createPeer({ network, directory, mdns: false, listen: ['/ip4/127.0.0.1/tcp/0'] })
  const notes = await peer.documents.open('notes')
  notes.text('body').insert(0, text)
  await peer.documents.saved(notes, { signal: AbortSignal.timeout(20_000) })
  await peer.dial(address)
  return peer
}

describe.skipIf(noBrowser())('a note of which somebody has written two histories', { timeout: 90_000 }, () => {
  const stage = useStage()

  test('is shown anew, and written on', async () => {
    await using mallory = await twins()
    const [one = '', other = ''] = mallory.directories
    const served = await stage.serve()
    const ada = await stage.open(await stage.person(), served.link)
    await ada.connected()
    await ada.typeAtEnd('By Ada.')
    const first = await write(one, 'One. ', served.addresses[0] ?? '')
    await ada.holds('One. ')
    await first.stop()
    await using _second = await write(other, 'Two. ', served.addresses[0] ?? '')
    await ada.page.locator('#message', { hasText: 'two histories' }).waitFor()
    expect(await ada.text()).toBe('By Ada.')
    await ada.typeAtEnd(' And on.')
    await ada.saved('saved')
    expect(await ada.text()).toBe('By Ada. And on.')
    const notes = await served.peer.documents.open('notes')
    expect(notes.text('body').toString()).toBe('By Ada. And on.')
  })
})
