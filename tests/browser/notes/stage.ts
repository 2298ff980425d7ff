import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { TestBrowser } from '../browser.ts'
import { NotesTab } from './notes-tab.ts'
import { bundleNotes, type PageFolder } from './page-folder.ts'
import { ServingPeer } from './serving-peer.ts'

interface TwoPeople {
  readonly ada: NotesTab
  readonly bob: NotesTab
  /** Serves Ada. */
  readonly first: ServingPeer
  /** Serves Bob. */
  readonly second: ServingPeer
}

/** Peers, people and their tabs; all of them end with the test that asked for them. */
interface Stage {
  /** @param join addresses of other peers */
  serve(join?: readonly string[]): Promise<ServingPeer>
  /** A browser of somebody else. */
  person(): Promise<BrowserContext>
  open(context: BrowserContext, link: string): Promise<NotesTab>
  /** Two connected peers, and a person before the page of each. */
  two(): Promise<TwoPeople>
}

/** To be called once in a `describe`. Every test is expected to end without errors of a page. */
export function useStage(): Stage {
  let browser: TestBrowser
  let folder: PageFolder
  const cleanups: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    folder = await bundleNotes()
    browser = await TestBrowser.start({})
  }, 60_000)
  afterAll(async () => {
    await browser.stop()
    await folder.remove()
  })
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean()
    // A peer that is away refuses connections; browsers tell that as an error, which no page can prevent.
    expect(browser.takeErrors().filter((error) => !error.includes('net::ERR_CONNECTION'))).toEqual([])
  })

  const stage: Stage = {
    async serve(addresses = []) {
      const home = await mkdtemp(join(tmpdir(), 'peerloom-notes-'))
      cleanups.push(() => rm(home, { recursive: true, force: true }))
      const served = await ServingPeer.start(folder.path, home, addresses)
      cleanups.push(() => served.stop())
      return served
    },
    async person() {
      const context = await browser.context()
      cleanups.push(() => context.close())
      return context
    },
    open: (context, link) => NotesTab.open(browser, context, link),
    async two() {
      const first = await stage.serve()
      const second = await stage.serve(first.addresses)
      const ada = await stage.open(await stage.person(), first.link)
      const bob = await stage.open(await stage.person(), second.link)
      await Promise.all([ada.connected(), bob.connected()])
      return { ada, bob, first, second }
    },
  }
  return stage
}
