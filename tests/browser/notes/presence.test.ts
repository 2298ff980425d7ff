import { describe, expect, test } from 'vitest'
import { decodePresence, encodePresence, presenceTopic } from '../../../examples/notes/presence-message.ts'
import { crash, noBrowser } from '../browser.ts'
import { useStage } from './stage.ts'

describe.skipIf(noBrowser())('presence in the notes', { timeout: 90_000 }, () => {
  const stage = useStage()

  test('a cursor has a name and a colour, and goes when its tab is closed', async () => {
    const { ada, bob, second } = await stage.two()
    await bob.page.locator('#you').click()
    await bob.page.locator('#person-name').fill('  Bob <b>the\u202e builder</b> ')
    await bob.page.locator('#person-colour').fill('#0c8599')
    await bob.page.locator('#profile button').click()
    await bob.typeAtEnd('Here I am')
    // A cursor is shown where the text is that it stands in: while that comes, it may go and come again.
    await ada.holds('Here I am')
    await expect.poll(() => ada.cursors.allTextContents()).toEqual(['Bob <b>the builder</b>'])
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
    const { ada, bob } = await stage.two()
    await bob.typeAtEnd('Here I am')
    await ada.holds('Here I am')
    await ada.cursors.waitFor()
    await crash(bob.page)
    await ada.cursors.waitFor({ state: 'detached', timeout: 20_000 })
    await ada.people.waitFor({ state: 'detached' })
    expect(await ada.text()).toBe('Here I am')
  })

  test('hostile presence changes nothing', async () => {
    const { ada, bob, second } = await stage.two()
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
    // The editor draws cursors a frame after the list of people.
    await ada.cursors.nth(1).waitFor({ state: 'attached' })
    expect(await ada.people.count()).toBe(2)
    expect(await ada.cursors.count()).toBe(2)
    expect(await ada.page.locator('img[src]').count()).toBe(0)
    expect(await ada.text()).toBe('Safe and sound')
    await ada.typeAtEnd(' still')
    await bob.holds('Safe and sound still')
  })

  test('a name and a colour that somebody chose are kept, and told to the other tabs of the browser', async () => {
    const served = await stage.serve()
    const context = await stage.person()
    const left = await stage.open(context, served.link)
    const right = await stage.open(context, served.link)
    const given = await left.page.locator('#you-name').textContent()
    expect(given).toMatch(/^\w+ \w+$/)
    expect(await right.page.locator('#you-name').textContent()).toBe(given)
    await left.page.locator('#you').press('Enter')
    await left.page.locator('#person-name').fill('Žofie')
    await left.page.keyboard.press('Enter')
    await right.page.locator('#you-name', { hasText: 'Žofie' }).waitFor()
    await left.people.getByText('Žofie').waitFor()
    await left.page.reload()
    await left.started()
    expect(await left.page.locator('#you-name').textContent()).toBe('Žofie')
    await left.page.locator('#you').press('Enter')
    await left.page.locator('#person-name').fill('   ')
    await left.page.keyboard.press('Enter')
    await expect.poll(() => left.page.locator('#you-name').textContent()).toMatch(/^\w+ \w+$/)
  })
})
