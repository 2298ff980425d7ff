import type { BrowserContext, Locator, Page } from 'playwright-core'
import type { TestBrowser } from '../browser.ts'

/** What the page offers to its console, as far as these tests use it. */
declare const notes: {
  readonly peer: {
    readonly id: string
    readonly author: string
    readonly documents: { pending(document: object): number }
    readonly overlays: { readonly broadcast: { subscribe(topic: string, listener: () => void): void } }
  }
  readonly note?: {
    readonly id: string
    readonly document: {
      readonly replica: string
      readonly version: Iterable<readonly [string, number]>
      text(name: string): { toString(): string }
    }
  }
}

export interface Identity {
  readonly peer: string
  readonly author: string
  readonly replica: string
}

export type Version = Readonly<Record<string, number>>

const patience = 20_000

/** A tab with the notes page. */
export class NotesTab {
  readonly page: Page

  private constructor(page: Page) {
    this.page = page
  }

  static async open(browser: TestBrowser, context: BrowserContext, link: string): Promise<NotesTab> {
    const page = await context.newPage()
    browser.watch(page)
    await page.goto(link)
    const tab = new NotesTab(page)
    await tab.started()
    return tab
  }

  get editor(): Locator {
    return this.page.locator('.cm-content')
  }

  /** Names beside the cursors of others. */
  get cursors(): Locator {
    return this.page.locator('.peerloom-name')
  }

  get people(): Locator {
    return this.page.locator('#people .person')
  }

  /** A note is open. */
  async started(): Promise<void> {
    await this.page.waitForFunction(() => 'notes' in globalThis && notes.note !== undefined, undefined, {
      timeout: patience,
    })
  }

  async connected(): Promise<void> {
    await this.page.locator('#connection[data-state=connected]').waitFor({ timeout: patience })
  }

  async offline(): Promise<void> {
    await this.page.locator('#connection[data-state=offline]').waitFor({ timeout: patience })
  }

  /** Everything written here so far would survive the end of the tab. */
  async durable(): Promise<void> {
    await this.page.waitForFunction(
      () => notes.note !== undefined && notes.peer.documents.pending(notes.note.document) === 0,
      undefined,
      { timeout: patience },
    )
  }

  /** As `durable`, and the bar says whether a peer has it as well. */
  async saved(how: 'saved' | 'unconfirmed'): Promise<void> {
    await this.durable()
    await this.page.locator(`#saving[data-state=${how}]`).waitFor({ timeout: patience })
  }

  /** The page's own files are kept: it opens while the peer is away. */
  async keptForLater(): Promise<void> {
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  }

  /** Types at the end of the text. */
  async typeAtEnd(text: string): Promise<void> {
    await this.editor.focus()
    await this.page.keyboard.press('Control+End')
    await this.page.keyboard.type(text)
  }

  text(): Promise<string> {
    return this.page.evaluate(() => notes.note?.document.text('body').toString() ?? '')
  }

  /** What the editor shows, without the names of others; of a text short enough to be drawn as a whole. */
  shown(): Promise<string> {
    return this.editor.evaluate((content) => {
      const copy = content.cloneNode(true) as HTMLElement
      for (const cursor of copy.querySelectorAll('.peerloom-cursor')) cursor.remove()
      return Array.from(copy.querySelectorAll('.cm-line'), (line) => line.textContent).join('\n')
    })
  }

  version(): Promise<Version> {
    return this.page.evaluate(() => Object.fromEntries(notes.note?.document.version ?? []))
  }

  async identity(): Promise<Identity> {
    await this.started()
    return this.page.evaluate(() => {
      const { peer, note } = notes
      return { peer: peer.id, author: peer.author, replica: note?.document.replica ?? '' }
    })
  }

  documentId(): Promise<string> {
    return this.page.evaluate(() => notes.note?.id ?? '')
  }

  /** Resolves when the text holds all of these. */
  async holds(...parts: readonly string[]): Promise<void> {
    await this.page.waitForFunction(
      (parts) => {
        const text = notes.note?.document.text('body').toString() ?? ''
        return parts.every((part) => text.includes(part))
      },
      parts,
      { timeout: patience },
    )
  }

  /** Resolves when the version is this one. */
  async reaches(version: Version): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => {
        const own = Object.fromEntries(notes.note?.document.version ?? [])
        const replicas = new Set([...Object.keys(own), ...Object.keys(wanted)])
        return [...replicas].every((replica) => own[replica] === wanted[replica])
      },
      version,
      { timeout: patience },
    )
  }

  /** Begins to count what is broadcast on a topic. */
  async count(topic: string): Promise<(atLeast: number) => Promise<void>> {
    await this.page.evaluate((topic) => {
      const counted = { messages: 0 }
      Object.assign(globalThis, { counted })
      notes.peer.overlays.broadcast.subscribe(topic, () => counted.messages++)
    }, topic)
    const reached = (least: number): boolean =>
      (globalThis as unknown as { readonly counted: { readonly messages: number } }).counted.messages >= least
    return async (least) => {
      await this.page.waitForFunction(reached, least, { timeout: patience })
    }
  }
}

/** For versions of documents of the test's own process. */
export function versionOf(document: { readonly version: Iterable<readonly [string, number]> }): Version {
  return Object.fromEntries(document.version)
}
