import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { decodePresence, encodePresence, presenceTopic } from '../../../examples/notes/presence-message.ts'
import { TestBrowser, crash, noBrowser } from '../browser.ts'
import { NotesTab, versionOf } from './notes-tab.ts'
import { bundleNotes, type PageFolder } from './page-folder.ts'
import { ServingPeer } from './serving-peer.ts'

const limit = (): AbortSignal => AbortSignal.timeout(20_000)

describe.skipIf(noBrowser())('the notes page', { timeout: 90_000 }, () => {
  let browser: TestBrowser
  let page: PageFolder
  const cleanups: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    page = await bundleNotes()
    browser = await TestBrowser.start({})
  }, 60_000)
  afterAll(async () => {
    await browser.stop()
    await page.remove()
  })
  afterEach(async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean()
    // A peer that is away refuses connections; browsers tell that as an error, which no page can prevent.
    expect(browser.takeErrors().filter((error) => !error.includes('net::ERR_CONNECTION'))).toEqual([])
  })

  async function serve(join: readonly string[] = []): Promise<ServingPeer> {
    const home = await directory()
    const served = await ServingPeer.start(page.path, home, join)
    cleanups.push(() => served.stop())
    return served
  }

  async function directory(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'peerloom-notes-'))
    cleanups.push(() => rm(made, { recursive: true, force: true }))
    return made
  }

  /** A browser of somebody else. */
  async function person(): Promise<BrowserContext> {
    const context = await browser.context()
    cleanups.push(() => context.close())
    return context
  }

  /** Two peers, and a person before the page of each. */
  async function two(): Promise<{ ada: NotesTab; bob: NotesTab; first: ServingPeer; second: ServingPeer }> {
    const first = await serve()
    const second = await serve(first.addresses)
    const ada = await NotesTab.open(browser, await person(), first.link)
    const bob = await NotesTab.open(browser, await person(), second.link)
    await Promise.all([ada.connected(), bob.connected()])
    return { ada, bob, first, second }
  }

  test('two people who type at once end with the same text and the same version', async () => {
    const { ada, bob, second } = await two()
    const notes = await second.peer.documents.open('notes')
    const words = ['one ', 'two ', 'three ', 'four ', 'five ']
    await Promise.all(
      [ada, bob].map(async (tab, index) => {
        for (const word of words) await tab.typeAtEnd(`${'AB'[index]}${word}`)
      }),
    )
    const typed = 2 * words.join('').length + 2 * words.length
    await expect.poll(() => notes.text('body').length, { timeout: 20_000 }).toBe(typed)
    await Promise.all([ada.reaches(versionOf(notes)), bob.reaches(versionOf(notes))])
    expect(await ada.text()).toBe(notes.text('body').toString())
    expect(await bob.text()).toBe(notes.text('body').toString())
    expect(await ada.shown()).toBe(await bob.shown())
    await Promise.all([ada.saved('saved'), bob.saved('saved')])
  })

  test('a cursor has a name and a colour, and goes when its tab is closed', async () => {
    const { ada, bob, second } = await two()
    await bob.page.locator('#you').click()
    await bob.page.locator('#person-name').fill('  Bob <b>the\u202e builder</b> ')
    await bob.page.locator('#person-colour').fill('#0c8599')
    await bob.page.locator('#profile button').click()
    await bob.typeAtEnd('Here I am')
    await ada.cursors.waitFor()
    expect(await ada.cursors.allTextContents()).toEqual(['Bob <b>the builder</b>'])
    expect(await ada.people.allInnerTexts()).toEqual(['Bob <b>the builder</b>'])
    expect(await ada.page.locator('.peerloom-cursor').getAttribute('style')).toContain('#0c8599')
    expect(await ada.page.locator('#presence').textContent()).toContain('2 people here')
    const { peer } = await bob.identity()
    const topic = presenceTopic(await bob.documentId())
    const farewell = new Promise<void>((resolve) => {
      second.peer.overlays.broadcast.subscribe(topic, ({ publisher, bytes }) => {
        if (publisher === peer && decodePresence(bytes)?.here === false) resolve()
      })
    })
    await bob.page.close({ runBeforeUnload: true })
    await farewell
    await ada.cursors.waitFor({ state: 'detached' })
    await ada.people.waitFor({ state: 'detached' })
  })
  test('a cursor goes when its tab crashes, without a good-bye', async () => {
    const { ada, bob } = await two()
    await bob.typeAtEnd('Here I am')
    await ada.holds('Here I am')
    await ada.cursors.waitFor()
    await crash(bob.page)
    await ada.cursors.waitFor({ state: 'detached', timeout: 20_000 })
    await ada.people.waitFor({ state: 'detached' })
    expect(await ada.text()).toBe('Here I am')
  })

  test('what is written while every peer is away outlives the tab, and merges when they are back', async () => {
    const { ada, first, second } = await two()
    await ada.typeAtEnd('Before. ')
    await ada.saved('saved')
    await ada.keptForLater()
    const typing = ada.typeAtEnd('While the peers go away: '.repeat(3))
    await Promise.all([first.stop(), second.stop()])
    await typing
    await ada.offline()
    await ada.typeAtEnd('offline. ')
    await ada.saved('unconfirmed')
    const written = await ada.text()
    expect(written).toBe(`Before. ${'While the peers go away: '.repeat(3)}offline. `)
    const context = ada.page.context()
    await ada.page.close()

    const again = await NotesTab.open(browser, context, `${first.origin}/`)
    expect(await again.text()).toBe(written)
    await again.saved('unconfirmed')
    await again.page.reload()
    await again.started()
    await again.typeAtEnd('After a reload. ')
    await again.saved('unconfirmed')

    await second.start()
    const notes = await second.peer.documents.open('notes')
    notes.text('body').insert(0, 'Meanwhile elsewhere. ')
    await second.peer.documents.saved(notes, { signal: limit() })
    await first.start()
    await again.connected()
    await again.holds('Meanwhile elsewhere. ')
    await again.saved('saved')
    await expect.poll(() => notes.text('body').toString(), { timeout: 20_000 }).toContain('After a reload. ')
    expect(await again.text()).toBe(`Meanwhile elsewhere. ${written}After a reload. `)
    expect(await again.version()).toEqual(versionOf(notes))
  })

  test('a peer that is stopped and started again is found within seconds, at another port as well', async () => {
    const served = await serve()
    const ada = await NotesTab.open(browser, await person(), served.link)
    await ada.connected()
    for (const round of ['at its port', 'at another port', 'once more']) {
      await served.stop()
      await ada.offline()
      if (round === 'at another port') served.forgetPort()
      await served.start()
      await ada.page.locator('#connection[data-state=connected]').waitFor({ timeout: 8000 })
      await ada.typeAtEnd(`Back ${round}. `)
      const notes = await served.peer.documents.open('notes')
      await expect.poll(() => notes.text('body').toString(), { timeout: 8000 }).toContain(`Back ${round}. `)
    }
  })

  test('two tabs of one browser are two peers of one author, and number their edits apart', async () => {
    const served = await serve()
    const forks: unknown[] = []
    served.peer.subscribe((event) => event.type === 'rejected' && forks.push(event.reason))
    const context = await person()
    const [left, right] = await Promise.all([
      NotesTab.open(browser, context, served.link),
      NotesTab.open(browser, context, served.link),
    ])
    await left.keptForLater()
    const [one, other] = await Promise.all([left.identity(), right.identity()])
    expect(one.author).toBe(other.author)
    expect(one.peer).not.toBe(other.peer)
    expect(one.replica).not.toBe(other.replica)
    await Promise.all([left.connected(), right.connected()])
    await left.typeAtEnd('left ')
    await right.typeAtEnd('right ')
    await Promise.all([left.holds('left', 'right'), right.holds('left', 'right')])
    await expect.poll(() => left.page.locator('#presence').textContent()).toContain('only you here')

    await served.stop()
    await Promise.all([left.offline(), right.offline()])
    await left.typeAtEnd('LEFT ')
    await right.typeAtEnd('RIGHT ')
    await Promise.all([left.saved('unconfirmed'), right.saved('unconfirmed')])
    // A third session reads what both have kept.
    const third = await NotesTab.open(browser, context, `${served.origin}/`)
    await third.holds('left', 'right', 'LEFT', 'RIGHT')
    expect([one.replica, other.replica]).not.toContain((await third.identity()).replica)

    await served.start()
    served.peer.subscribe((event) => event.type === 'rejected' && forks.push(event.reason))
    const notes = await served.peer.documents.open('notes')
    const length = 'left right LEFT RIGHT '.length
    await expect.poll(() => notes.text('body').length, { timeout: 20_000 }).toBe(length)
    await Promise.all([left, right, third].map((tab) => tab.reaches(versionOf(notes))))
    for (const tab of [left, right, third]) expect(await tab.text()).toBe(notes.text('body').toString())
    expect(versionOf(notes)).toEqual({
      [one.replica]: 'left LEFT '.length,
      [other.replica]: 'right RIGHT '.length,
    })
    expect(forks).toEqual([])
  })

  test('a Markdown file of 120 kB with CRLF is shown, and stays as it is where nobody edits it', async () => {
    const { ada, bob, first } = await two()
    const file = Array.from(
      { length: 1800 },
      (_, index) =>
        `## Line ${index}\r\n\r\n- text *${index}* 😀 with \`code\` and a [link](https://example.org/${index})\r\n`,
    ).join('')
    expect(Buffer.byteLength(file)).toBeGreaterThan(120_000)
    const notes = await first.peer.documents.open('notes')
    notes.text('body').insert(0, file)
    await Promise.all([ada.holds('Line 1799'), bob.holds('Line 1799')])
    await ada.editor.getByText('Line 3', { exact: true }).waitFor()
    expect(await bob.text()).toBe(file)
    await bob.typeAtEnd('The end')
    await bob.page.keyboard.press('Enter')
    await ada.editor.focus()
    await ada.page.keyboard.press('Control+Home')
    await ada.page.keyboard.type('Top ')
    const expected = `Top ${file}The end\r\n`
    await Promise.all([ada.holds('The end\r\n'), bob.holds('Top ')])
    expect(await ada.text()).toBe(expected)
    expect(await bob.text()).toBe(expected)
    await expect.poll(() => notes.text('body').toString() === expected, { timeout: 20_000 }).toBe(true)
  })

  test('hostile presence changes nothing', async () => {
    const { ada, bob, second } = await two()
    await bob.typeAtEnd('Safe and sound')
    await ada.holds('Safe and sound')
    await ada.cursors.waitFor()
    const { peer: bobsPeer, author } = await bob.identity()
    const topic = presenceTopic(await ada.documentId())
    const genuine = await new Promise<Uint8Array>((resolve) => {
      second.peer.overlays.broadcast.subscribe(topic, ({ publisher, bytes }) => {
        if (publisher === bobsPeer && decodePresence(bytes)?.selection !== undefined) resolve(bytes)
      })
    })
    const honest = JSON.parse(new TextDecoder().decode(genuine)) as Record<string, unknown>
    const anchor = (honest['selection'] as string[])[0] as string
    const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
    const hostile: Uint8Array[] = [
      new Uint8Array(),
      crypto.getRandomValues(new Uint8Array(300)),
      text(null),
      text([]),
      text('x'.repeat(100_000)),
      new TextEncoder().encode(`${'['.repeat(1000)}${']'.repeat(1000)}`),
      ...[
        { format: 2 },
        { clock: -1 },
        { clock: 1e300 },
        { clock: '9' },
        { author: 'nobody' },
        { author: null },
        { here: 1 },
        { name: '' },
        { name: 'x'.repeat(41) },
        { name: 'up\u202eside' },
        { name: { toString: 'x' } },
        { colour: 'red' },
        { colour: '#fff; background: url(//example.org)' },
        { selection: [anchor] },
        { selection: [anchor, 'AAAA'] },
        { selection: [anchor, 'x'.repeat(1500)] },
        { selection: 'everything' },
        { selection: undefined },
      ].map((lie) => text({ ...honest, ...lie })),
    ]
    const reached = await ada.count(topic)
    for (const bytes of hostile) second.peer.overlays.broadcast.publish(topic, bytes)
    const name = '<img src=x onerror=alert(1)>'
    const last = { ...(decodePresence(genuine) as NonNullable<ReturnType<typeof decodePresence>>), name, clock: 1 }
    second.peer.overlays.broadcast.publish(topic, encodePresence({ ...last, author }))
    await reached(hostile.length + 1)
    await ada.people.getByText(name).waitFor()
    expect(await ada.people.count()).toBe(2)
    expect(await ada.cursors.count()).toBe(2)
    expect(await ada.page.locator('img[src]').count()).toBe(0)
    expect(await ada.text()).toBe('Safe and sound')
    await ada.typeAtEnd(' still')
    await bob.holds('Safe and sound still')
  })

  test('a new note is listed for everybody, and a name that is none is refused with the reason', async () => {
    const { ada, bob } = await two()
    await ada.page.locator('#new-name').fill('Einkauf – für Ostern')
    await ada.page.keyboard.press('Enter')
    await ada.page.locator('#title', { hasText: 'Einkauf – für Ostern' }).waitFor()
    await ada.typeAtEnd('- Eier')
    expect(new URL(ada.page.url()).searchParams.get('note')).toBe('Einkauf – für Ostern')
    expect(ada.page.url()).not.toContain('token')
    await bob.page.getByRole('link', { name: 'Einkauf – für Ostern' }).click({ timeout: 20_000 })
    await bob.holds('- Eier')
    await bob.page.goBack()
    await bob.page.locator('#title', { hasText: 'notes' }).waitFor()
    expect(await bob.text()).toBe('')

    await ada.page.locator('#new-name').fill('x'.repeat(129))
    await ada.page.keyboard.press('Enter')
    await ada.page.locator('#name-error', { hasText: 'at most 128 characters' }).waitFor()
    expect(await ada.page.locator('#new-name').getAttribute('aria-invalid')).toBe('true')
    expect(await ada.page.locator('#title').textContent()).toBe('Einkauf – für Ostern')
  })

  test('without the link of the peer the page says what to do', async () => {
    const served = await serve()
    const context = await person()
    const tab = await context.newPage()
    await tab.goto(served.origin)
    await tab.locator('#message', { hasText: 'Open this page with the link' }).waitFor()
  })
  test('on a narrow screen the list unfolds, and the keyboard alone opens a note and comes back to the text', async () => {
    const served = await serve()
    await served.peer.documents.open('groceries')
    const ada = await NotesTab.open(browser, await person(), served.link)
    await ada.page.setViewportSize({ width: 380, height: 700 })
    const entry = ada.page.getByRole('link', { name: 'groceries' })
    await entry.waitFor({ state: 'hidden' })
    const toggle = ada.page.getByRole('button', { name: 'Notes of this network' })
    await toggle.press('Enter')
    await ada.page.getByRole('link', { name: 'notes', exact: true }).waitFor()
    await ada.page.keyboard.press('Escape')
    await entry.waitFor({ state: 'hidden' })
    expect(await toggle.evaluate((button) => button === document.activeElement)).toBe(true)
    await toggle.press('Enter')
    await entry.waitFor({ timeout: 20_000 })
    await entry.press('Enter')
    await ada.page.locator('#title', { hasText: 'groceries' }).waitFor()
    await ada.page.keyboard.type('eggs')
    expect(await ada.text()).toBe('eggs')
    expect(await ada.page.getByRole('textbox', { name: 'Text of the note groceries' }).textContent()).toBe('eggs')
  })
})
