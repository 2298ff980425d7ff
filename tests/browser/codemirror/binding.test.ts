import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { BrowserContext, Page } from 'playwright-core'
import { TestBrowser, noBrowser } from '../browser.ts'
import { remote, type Remote } from '../remote.ts'
import type { EditorPage } from './editor-page.ts'

/** What CodeMirror makes of a text. */
function shown(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, '\n')
}

describe.skipIf(noBrowser())('an editor bound to a text', () => {
  let browser: TestBrowser
  let context: BrowserContext
  let page: Page
  let editors: Remote<EditorPage>

  beforeAll(async () => {
    browser = await TestBrowser.start({ editor: new URL('editor-page.ts', import.meta.url) })
    context = await browser.context()
  })
  afterAll(() => browser.stop())
  beforeEach(async () => {
    page = await browser.open(context, 'editor')
    editors = remote<EditorPage>(page)
  })
  afterEach(async () => {
    await page.close()
    expect(browser.takeErrors()).toEqual([])
  })

  async function meet(): Promise<void> {
    await editors.sync('ada', 'bob')
    await editors.sync('bob', 'ada')
  }

  test('what is typed at a keyboard is in the document, a transaction for each key', async () => {
    await editors.start(['ada'], 'one\n')
    await editors.focus('ada')
    await page.keyboard.press('Control+End')
    await page.keyboard.type('two')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Backspace')
    expect(await editors.text('ada')).toBe('one\ntwo')
    expect(await editors.changes('ada')).toBe(1 + 5)
  })

  test('what others write is in the editor, and the selection keeps to its text', async () => {
    await editors.start(['ada', 'bob'], 'hello world')
    await editors.select('ada', 6, 11)
    await editors.edit('bob', 0, 0, 'Oh, ')
    await editors.edit('bob', 10, 15, 'moon')
    await editors.sync('bob', 'ada')
    expect(await editors.editor('ada')).toBe('Oh, hello moon')
    expect(await editors.text('ada')).toBe(await editors.editor('ada'))
    expect(await editors.selection('ada')).toEqual([10, 14])
  })

  test('undo takes back what was typed here, not what others wrote since', async () => {
    await editors.start(['ada', 'bob'], '')
    await editors.edit('ada', 0, 0, 'mine')
    await editors.sync('ada', 'bob')
    await editors.edit('bob', 4, 4, ' yours')
    await editors.edit('bob', 0, 0, '> ')
    await editors.sync('bob', 'ada')
    expect(await editors.editor('ada')).toBe('> mine yours')
    expect(await editors.undo('ada')).toBe(true)
    expect(await editors.editor('ada')).toBe('>  yours')
    expect(await editors.undo('ada')).toBe(false)
    await meet()
    expect(await editors.editor('bob')).toBe('>  yours')
  })

  test('two people who edit at once end equal, whatever breaks their lines have', { timeout: 60_000 }, async () => {
    for (const start of ['', 'one\ntwo\nthree', 'one\r\ntwo\r\n\r\nthree\r\n', 'a\rb\nc\r\n😀\r']) {
      for (let seed = 1; seed <= 40; seed++) {
        const { editors: shownTexts, texts } = await editors.fuzz(seed, start)
        const what = `seed ${seed} from ${JSON.stringify(start)}`
        expect(texts[1], what).toBe(texts[0])
        expect(shownTexts, what).toEqual(texts.map((text) => shown(text ?? '')))
      }
    }
  })

  test('opening a document rewrites none of its line breaks, and new lines end as the others do', async () => {
    const text = 'one\r\ntwo\rthree\u2028four\r\n\r\n'
    await editors.start(['ada', 'bob'], text)
    expect(await editors.editor('ada')).toBe(shown(text))
    expect([await editors.text('ada'), await editors.changes('ada')]).toEqual([text, 1])
    await editors.focus('ada')
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    expect(shown(await editors.text('ada'))).toBe(await editors.editor('ada'))
    expect(await editors.text('ada')).toBe(`one\r\n${text.slice(3)}`)
    await editors.write('bob', text.length, 0, 'end')
    await meet()
    expect(await editors.editor('ada')).toBe(shown(`one\r\n${text.slice(3)}end`))
    expect(await editors.editor('bob')).toBe(await editors.editor('ada'))
  })

  test('a \\r\\n that others part or join is two lines or one', async () => {
    await editors.start(['ada', 'bob'], 'a\r\nb')
    await editors.write('bob', 2, 0, 'x')
    await editors.sync('bob', 'ada')
    expect(await editors.editor('ada')).toBe('a\nx\nb')
    await editors.write('bob', 2, 1, '')
    await editors.sync('bob', 'ada')
    expect(await editors.editor('ada')).toBe('a\nb')
    await editors.edit('ada', 3, 3, '!')
    expect(await editors.text('ada')).toBe('a\r\nb!')
  })

  test('the document is the truth when an editor begins with something else', async () => {
    await editors.start(['ada'], 'what is so', 'what was thought')
    expect(await editors.editor('ada')).toBe('what is so')
    expect(await editors.text('ada')).toBe('what is so')
    expect(await editors.undo('ada')).toBe(false)
  })

  test('a view outside of the page goes on, and one made anew catches up', async () => {
    await editors.start(['ada', 'bob'], 'text')
    await editors.detach('ada')
    await editors.edit('bob', 4, 4, ' more')
    await editors.sync('bob', 'ada')
    await editors.edit('ada', 0, 0, 'my ')
    expect([await editors.editor('ada'), await editors.text('ada')]).toEqual(['my text more', 'my text more'])
    await editors.attach('ada')
    await editors.destroy('ada')
    await editors.write('ada', 0, 2, 'our')
    await editors.sync('ada', 'bob')
    await editors.revive('ada')
    expect(await editors.editor('ada')).toBe('our text more')
    await editors.edit('ada', 13, 13, '!')
    await meet()
    expect([await editors.text('ada'), await editors.editor('bob')]).toEqual(['our text more!', 'our text more!'])
  })

  test('edits from inside an outer transaction, or of whoever listens, are neither lost nor doubled', async () => {
    await editors.start(['ada', 'bob'], 'text')
    await editors.nest('ada')
    expect([await editors.text('ada'), await editors.editor('ada')]).toEqual(['[text!]', '[text!]'])
    await editors.rotate('ada')
    expect([await editors.text('ada'), await editors.editor('ada')]).toEqual(['text!][', 'text!]['])
    await editors.edit('ada', 6, 7, '')
    await editors.edit('ada', 0, 0, '[')
    await editors.echo('ada')
    await editors.edit('ada', 0, 1, '(')
    expect([await editors.text('ada'), await editors.editor('ada')]).toEqual(['(text!]~', '(text!]~'])
    await editors.sync('ada', 'bob')
    await editors.edit('bob', 8, 8, '?')
    await editors.sync('bob', 'ada')
    expect([await editors.text('ada'), await editors.editor('ada')]).toEqual(['(text!]~?~', '(text!]~?~'])
  })

  test('half a surrogate pair is never written, and the editor shows what is', async () => {
    await editors.start(['ada'], 'x😀y')
    await editors.edit('ada', 2, 3, '\uDE01')
    expect([await editors.text('ada'), await editors.editor('ada')]).toEqual(['x😁y', 'x😁y'])
    await editors.edit('ada', 2, 3, '')
    expect([await editors.text('ada'), await editors.editor('ada')]).toEqual(['x\uFFFDy', 'x\uFFFDy'])
  })

  test('a composition is not disturbed: its line waits for what others wrote, other lines do not', async () => {
    await editors.start(['ada', 'bob'], 'first\nsecond')
    await editors.focus('ada')
    await editors.select('ada', 5, 5)
    const session = await context.newCDPSession(page)
    await session.send('Input.imeSetComposition', { text: 'か', selectionStart: 1, selectionEnd: 1 })
    expect(await editors.composed()).toBe(1)
    await editors.edit('bob', 12, 12, ' line')
    await editors.sync('bob', 'ada')
    expect(await editors.editor('ada')).toBe('firstか\nsecond line')
    await editors.edit('bob', 0, 0, 'the ')
    await editors.sync('bob', 'ada')
    await session.send('Input.imeSetComposition', { text: 'かん', selectionStart: 2, selectionEnd: 2 })
    expect(await editors.editor('ada')).toBe('firstかん\nsecond line')
    expect(await editors.text('ada')).toBe('the firstかん\nsecond line')
    await session.send('Input.insertText', { text: '漢' })
    await expect.poll(() => editors.editor('ada')).toBe('the first漢\nsecond line')
    await meet()
    expect([await editors.text('ada'), await editors.editor('bob')]).toEqual(Array(2).fill('the first漢\nsecond line'))
  })

  test('cursors and selections of others stand at their text, in their colour', async () => {
    await editors.start(['ada', 'bob'], 'one\r\ntwo three')
    await editors.focus('bob')
    await editors.select('bob', 8, 13)
    await editors.presence('ada', 'bob', 'Bob', '#d02090')
    expect(await editors.shown('ada')).toMatchObject({ text: 'three', names: ['Bob'], cursorAt: 13 })
    expect((await editors.shown('ada')).colours).toEqual(
      Array(2).fill(expect.stringContaining('--peerloom-colour: #d02090')),
    )
    await editors.edit('ada', 0, 0, 'zero ')
    expect(await editors.shown('ada')).toMatchObject({ text: 'three', cursorAt: 18 })
    await editors.edit('ada', 13, 13, 'and ')
    await editors.edit('ada', 22, 22, ' four')
    expect(await editors.shown('ada'), 'what is written beside a selection does not join it').toMatchObject({
      text: 'three',
      cursorAt: 22,
    })
    await editors.select('bob', 2, 2)
    await editors.presence('ada', 'bob', 'Bob', '#d02090')
    expect(await editors.shown('ada')).toMatchObject({ text: '', cursorAt: 7 })
  })

  test('a name or colour of a stranger is only text', async () => {
    await editors.start(['ada', 'bob'], 'one two')
    await editors.focus('bob')
    await editors.select('bob', 0, 3)
    const colour = 'red; background: url(http://127.0.0.1:1/leak)'
    await editors.presence('ada', 'bob', '<img src=x onerror=alert(1)>\u202Eevil\u0000', colour)
    const found = await editors.shown('ada')
    expect(found.names).toEqual(['<img src=x onerror=alert(1)>evil'])
    expect(found.elements).toBe(1)
    for (const style of found.colours) expect(style).toMatch(/^--peerloom-colour: #808080;?$/)
    await editors.presence('ada', 'bob', '😀'.repeat(100), '#112233')
    expect((await editors.shown('ada')).names).toEqual(['😀'.repeat(40)])
  })
})
