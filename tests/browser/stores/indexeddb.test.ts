import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { documentStoreContract } from '../../contracts/index.ts'
import { TestBrowser, crash, launchOptions, noBrowser, processId } from '../browser.ts'
import { remote, type Remote } from '../remote.ts'
import type { StorePage } from './store-page.ts'

describe.skipIf(noBrowser())('the IndexedDB store in Chromium', () => {
  let browser: TestBrowser
  let context: BrowserContext

  beforeAll(async () => {
    browser = await TestBrowser.start({ store: new URL('store-page.ts', import.meta.url) })
    context = await browser.context()
  })
  afterAll(() => browser.stop())
  afterEach(() => expect(browser.takeErrors()).toEqual([]))

  async function tab(): Promise<{ readonly page: Page; readonly store: Remote<StorePage> }> {
    const page = await browser.open(context, 'store')
    return { page, store: remote<StorePage>(page) }
  }

  describe('keeps the contract', () => {
    // Names come from the contract itself; the page has the same list, which the first test makes sure of.
    const unused = async (): Promise<never> => Promise.reject(new Error('only the names are used here'))
    const contract = documentStoreContract({ open: unused, dispose: unused })
    const names = contract.map(({ name }) => name)
    let store: Remote<StorePage>
    beforeAll(async () => {
      store = (await tab()).store
    })
    test('of which the page knows every case', async () => expect(await store.cases()).toEqual(names))
    for (const [index, name] of names.entries()) {
      test(name, async () => expect(await store.runCase(index)).toBe('done'))
    }
  })

  test('two tabs share a store, and what one appends the other loads', async () => {
    const [one, other] = [await tab(), await tab()]
    expect(await one.store.open('two tabs')).toBe('done')
    expect(await other.store.open('two tabs')).toBe('done')
    await Promise.all([one.store.append([0, 1]), other.store.append([1, 2])])
    expect([...(await one.store.load())].sort()).toEqual([0, 1, 2])
    expect(await other.store.load()).toEqual(await one.store.load())
  })

  test('two tabs that lease at once never hold the same counter', async () => {
    const [one, other] = [await tab(), await tab()]
    await Promise.all([one.store.open('leases'), other.store.open('leases')])
    const rounds = Array.from({ length: 20 }, () => [one.store.lease(), other.store.lease()]).flat()
    const counters = await Promise.all(rounds)
    expect(new Set(counters).size).toBe(40)
  })

  test('a counter that one tab released is leased by the other', async () => {
    const [one, other] = [await tab(), await tab()]
    await Promise.all([one.store.open('released'), other.store.open('released')])
    const counter = await one.store.lease()
    await one.store.release(counter)
    expect(await other.store.lease()).toBe(counter)
    expect(await one.store.lease()).not.toBe(counter)
  })

  test('counters of tabs that were closed, reloaded or crashed are lost; what they appended is not', async () => {
    const [closed, reloaded, crashed, last] = [await tab(), await tab(), await tab(), await tab()]
    const lost = new Set<number>()
    for (const [index, { store }] of [closed, reloaded, crashed].entries()) {
      await store.open('ends')
      lost.add(await store.lease())
      expect(await store.append([index])).toBe('done')
    }
    await closed.page.close()
    await reloaded.page.reload()
    await crash(crashed.page)
    await last.store.open('ends')
    expect(await last.store.load()).toEqual([0, 1, 2])
    const counters = await Promise.all(Array.from({ length: 5 }, () => last.store.lease()))
    expect(lost.size).toBe(3)
    expect(counters.filter((counter) => lost.has(counter))).toEqual([])
    await reloaded.store.open('ends')
    expect(await reloaded.store.load()).toEqual([0, 1, 2])
    expect([...lost, ...counters]).not.toContain(await reloaded.store.lease())
  })

  test('a newer format is not held up by an older tab, which says that it has given up the store', async () => {
    const [older, newer] = [await tab(), await tab()]
    await older.store.open('format')
    expect(await newer.store.openNewerFormat('format')).toBe('done')
    expect(await older.store.append([1])).toMatch(/^StoreFailedError: The store format was given up to a newer release/)
    expect(await older.store.events()).toEqual(['failed'])
    expect(await newer.store.open('format')).toMatch(/^StoreFailedError: .* its format is newer than this release/)
  })

  test('without room an append is refused whole, reads go on, and appends are kept again once there is room', async () => {
    const own = await browser.context()
    const page = await browser.open(own, 'store')
    const store = remote<StorePage>(page)
    const session = await own.newCDPSession(page)
    // Chromium keeps the answer for a while, so the limit has to stand before the store is opened.
    await session.send('Storage.overrideQuotaForOrigin', { origin: browser.origin, quotaSize: 300_000 })
    await store.open('quota')
    expect(await store.append([0])).toBe('done')
    expect(await store.append([1, 2, 3, 4, 5, 6, 7, 8], 60_000)).toMatch(/^StoreFullError/)
    expect(await store.load()).toEqual([0])
    await session.send('Storage.overrideQuotaForOrigin', { origin: browser.origin })
    expect(await store.append([9])).toBe('done')
    expect(await store.load()).toEqual([0, 9])
    expect(await store.events()).toEqual([])
    await own.close()
  })

  test('what was acknowledged when the browser was killed is there when it starts again', async () => {
    const profile = await mkdtemp(join(tmpdir(), 'peerloom-profile-'))
    const start = async (): Promise<{ readonly context: BrowserContext; readonly store: Remote<StorePage> }> => {
      const context = await chromium.launchPersistentContext(profile, launchOptions)
      const store = remote<StorePage>(await browser.open(context, 'store'))
      expect(await store.open('killed')).toBe('done')
      return { context, store }
    }
    const killed = await start()
    const counter = await killed.store.lease()
    expect(await killed.store.append([0, 1, 2], 5_000)).toBe('done')
    expect(await killed.store.append([3])).toBe('done')
    const gone = new Promise((resolve) => killed.context.once('close', resolve))
    process.kill(await processId(killed.context.browser()!), 'SIGKILL')
    await gone
    const restarted = await start()
    expect(await restarted.store.load()).toEqual([0, 1, 2, 3])
    expect(await restarted.store.lease()).not.toBe(counter)
    await restarted.context.close()
    await rm(profile, { recursive: true, maxRetries: 5 })
  })
})
