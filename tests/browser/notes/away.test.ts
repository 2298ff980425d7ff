import { describe, expect, test } from 'vitest'
import { noBrowser } from '../browser.ts'
import { versionOf } from './notes-tab.ts'
import { useStage } from './stage.ts'

describe.skipIf(noBrowser())('notes while peers are away', { timeout: 90_000 }, () => {
  const stage = useStage()

  test('what is written while every peer is away outlives the tab, and merges when they are back', async () => {
    const { ada, first, second } = await stage.two()
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

    const again = await stage.open(context, `${first.origin}/`)
    expect(await again.text()).toBe(written)
    await again.saved('unconfirmed')
    await again.page.reload()
    await again.started()
    await again.offline()
    await again.typeAtEnd('After a reload. ')
    await again.saved('unconfirmed')

    await second.start()
    const notes = await second.peer.documents.open('notes')
    notes.text('body').insert(0, 'Meanwhile elsewhere. ')
    await second.peer.documents.saved(notes, { signal: AbortSignal.timeout(20_000) })
    await first.start()
    await again.connected()
    await again.holds('Meanwhile elsewhere. ')
    await again.saved('saved')
    await expect.poll(() => notes.text('body').toString(), { timeout: 20_000 }).toContain('After a reload. ')
    expect(await again.text()).toBe(`Meanwhile elsewhere. ${written}After a reload. `)
    expect(await again.version()).toEqual(versionOf(notes))
  })

  test('a peer that is stopped and started again is found within seconds, at another port as well', async () => {
    const served = await stage.serve()
    const ada = await stage.open(await stage.person(), served.link)
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
    const served = await stage.serve()
    const forks: unknown[] = []
    served.peer.subscribe((event) => event.type === 'rejected' && forks.push(event.reason))
    const context = await stage.person()
    const [left, right] = await Promise.all([stage.open(context, served.link), stage.open(context, served.link)])
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

    await Promise.all([left.saved('saved'), right.saved('saved')])
    await served.stop()
    await Promise.all([left.offline(), right.offline()])
    await left.typeAtEnd('LEFT ')
    await right.typeAtEnd('RIGHT ')
    await Promise.all([left.saved('unconfirmed'), right.saved('unconfirmed')])
    // A third session reads what both have kept.
    const third = await stage.open(context, `${served.origin}/`)
    await third.holds('left', 'right', 'LEFT', 'RIGHT')
    for (const [tab, edits] of [
      [left, 'LEFT '],
      [right, 'RIGHT '],
      [third, 'LEFT RIGHT '],
    ] as const) {
      await tab.page.locator('#saving', { hasText: `${edits.length} edits not with a peer yet` }).waitFor()
    }
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
})
