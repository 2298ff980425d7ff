import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { TestBrowser, noBrowser } from '../browser.ts'
import { LocalNetwork, type LocalPeer } from './local-network.ts'
import { NotesTab } from './notes-tab.ts'

// What a person sees after `npm start`: the built command line, its pages in two browsers, and a third peer that is only
// asked on the command line.
describe.skipIf(noBrowser())('the notes of peerloom lan 3', { timeout: 90_000 }, () => {
  let browser: TestBrowser
  let network: LocalNetwork
  let contexts: readonly [BrowserContext, BrowserContext]
  let peers: readonly [LocalPeer, LocalPeer, LocalPeer]

  beforeAll(async () => {
    browser = await TestBrowser.start({})
    network = await LocalNetwork.start(3)
    peers = network.peers as unknown as typeof peers
    contexts = [await browser.context(), await browser.context()]
  }, 60_000)
  afterAll(async () => {
    await browser.stop()
    await network.stop()
  }, 60_000)
  afterEach(() => {
    expect(browser.takeErrors().filter((error) => !error.includes('net::ERR_CONNECTION'))).toEqual([])
  })

  async function open(index: 0 | 1): Promise<NotesTab> {
    const tab = await NotesTab.open(browser, contexts[index], peers[index].page)
    await tab.connected()
    return tab
  }

  /** What the third peer says the note holds. */
  function printed(name: string): Promise<string> {
    return network.run(peers[2], 'doc', 'get', name)
  }

  test('what is typed in one page appears in the other, and the third peer prints it', async () => {
    const [left, right] = await Promise.all([open(0), open(1)])
    await left.typeAtEnd('Hello from the left. ')
    await right.holds('Hello from the left.')
    await right.typeAtEnd('And from the right.')
    await left.holds('And from the right.')
    const text = 'Hello from the left. And from the right.'
    await expect.poll(async () => (await printed('notes')).trimEnd(), { timeout: 20_000 }).toBe(text)
    expect([await left.shown(), await right.shown()]).toEqual([text, text])
    await left.cursors.waitFor()
    await Promise.all([left.page.close(), right.page.close()])
  })

  test('a Markdown file of 100 kB that is imported reaches the pages, and what they add is printed', async () => {
    const lines = Array.from(
      { length: 2000 },
      (_, line) => `- **${line}** the quick brown fox jumps over the lazy dog\n`,
    )
    const file = `# Imported\n\n${lines.join('')}`
    expect(file.length).toBeGreaterThan(100_000)
    const path = join(peers[2].directory, 'imported.md')
    await writeFile(path, file)
    await network.run(peers[2], 'doc', 'import', 'imported', path)
    const [left, right] = await Promise.all([open(0), open(1)])
    await left.page.getByRole('link', { name: 'imported' }).click({ timeout: 20_000 })
    await left.holds('- **1999**')
    await right.page.goto(new URL('?note=imported', right.page.url()).href)
    await right.started()
    await right.holds('- **1999**')
    expect(await left.text()).toBe(file)
    expect(await right.text()).toBe(file)
    await right.typeAtEnd('Added in a page')
    await left.holds('Added in a page')
    await expect
      .poll(async () => (await printed('imported')).trimEnd(), { timeout: 20_000 })
      .toBe(`${file}Added in a page`)
    await Promise.all([left.page.close(), right.page.close()])
  })

  test('a peer that is killed while somebody types is found again, and nothing is lost', async () => {
    const left = await open(0)
    await left.page.goto(new URL('?note=killed', left.page.url()).href)
    await left.started()
    await left.connected()
    await left.keptForLater()
    const typing = left.typeAtEnd('All of this is kept. '.repeat(5))
    network.kill(peers[0])
    await typing
    await left.durable()
    await left.page.reload()
    await left.started()
    expect(await left.text()).toBe('All of this is kept. '.repeat(5))
    await left.typeAtEnd('And this.')
    const restarted = await network.restart(peers[0])
    expect(restarted.page).toBe(peers[0].page)
    await left.saved('saved')
    const text = `${'All of this is kept. '.repeat(5)}And this.`
    await expect.poll(async () => (await printed('killed')).trimEnd(), { timeout: 20_000 }).toBe(text)
    expect((await network.run(restarted, 'doc', 'get', 'killed')).trimEnd()).toBe(text)
    await left.page.close()
  })
})
