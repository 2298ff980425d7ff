import { describe, expect, test } from 'vitest'
import { noBrowser } from '../browser.ts'
import { versionOf } from './notes-tab.ts'
import { useStage } from './stage.ts'

describe.skipIf(noBrowser())('writing notes', { timeout: 90_000 }, () => {
  const stage = useStage()

  test('two people who type at once end with the same text and the same version', async () => {
    const { ada, bob, second } = await stage.two()
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

  test('a Markdown file of 120 kB with CRLF is shown, and stays as it is where nobody edits it', async () => {
    const { ada, bob, first } = await stage.two()
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

  test('a new note is listed for everybody, and a name that is none is refused with the reason', async () => {
    const { ada, bob } = await stage.two()
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

  test('an address with a name that is none says so until another note is opened', async () => {
    const served = await stage.serve()
    const { page } = await stage.open(await stage.person(), served.link.replace('#', '?note=%20#'))
    const message = page.locator('#message', { hasText: 'a name neither begins nor ends with white space' })
    await message.waitFor()
    expect(await page.locator('#title').textContent()).toBe('notes')
    await page.locator('#new-name').fill('x'.repeat(129))
    await page.keyboard.press('Enter')
    const error = page.locator('#name-error', { hasText: 'at most 128 characters' })
    await error.waitFor()
    expect(await error.evaluate(({ clientWidth, scrollWidth }) => scrollWidth - clientWidth)).toBe(0)
    await page.locator('#new-name').fill('groceries')
    await page.keyboard.press('Enter')
    await page.locator('#title', { hasText: 'groceries' }).waitFor()
    await message.waitFor({ state: 'hidden' })
  })

  test('on a narrow screen the list unfolds, and the keyboard alone opens a note and comes back to the text', async () => {
    const served = await stage.serve()
    await served.peer.documents.open('groceries')
    const ada = await stage.open(await stage.person(), served.link)
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

  test('without the link of the peer the page says what to do', async () => {
    const served = await stage.serve()
    const context = await stage.person()
    const tab = await context.newPage()
    await tab.goto(served.origin)
    await tab.locator('#message', { hasText: 'Open this page with the link' }).waitFor()
  })
})
