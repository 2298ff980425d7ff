import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { findChromium, howToGetChromium } from './chromium.ts'
import { servePages, type PageServer, type Pages } from './page-server.ts'

/** A root user has no sandbox to run in; this test serves the only pages the browser ever sees. */
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
export const launchOptions: { readonly executablePath: string; readonly args: string[] } = {
  executablePath: findChromium() ?? '',
  args: [...sandbox, '--disable-dev-shm-usage', '--disable-gpu'],
}

/**
 * Why the browser tests cannot run here, to be given to `describe.skipIf`; false where they can. Where `CI` is set, a
 * missing browser is a failure instead: nothing is skipped silently there.
 *
 * @throws when `CI` is set and there is no browser
 */
export function noBrowser(
  executable: string = launchOptions.executablePath,
  environment: NodeJS.ProcessEnv = process.env,
): string | false {
  if (executable !== '') return false
  if (environment['CI'] !== undefined && environment['CI'] !== '') {
    throw new Error(`Cannot run the browser tests: ${howToGetChromium}`)
  }
  process.stderr.write(`The browser tests are skipped: ${howToGetChromium}\n`)
  return howToGetChromium
}

/** A real Chromium and a server with the pages of one test file. */
export class TestBrowser {
  readonly #browser: Browser
  readonly #server: PageServer
  readonly #errors: string[] = []

  private constructor(browser: Browser, server: PageServer) {
    this.#browser = browser
    this.#server = server
  }

  static async start(pages: Pages): Promise<TestBrowser> {
    const server = await servePages(pages)
    try {
      return new TestBrowser(await chromium.launch(launchOptions), server)
    } catch (error) {
      await server.close()
      throw error
    }
  }

  get origin(): string {
    return this.#server.origin
  }

  /** A person's browser: storage, locks and cookies of its own, shared by its tabs. */
  async context(): Promise<BrowserContext> {
    return this.#browser.newContext()
  }

  /** A tab that shows the page of this name. */
  async open(context: BrowserContext, name: string): Promise<Page> {
    const page = await context.newPage()
    this.watch(page)
    await page.goto(`${this.origin}/${name}`)
    return page
  }

  /** Collects what goes wrong in a page. */
  watch(page: Page): void {
    page.on('pageerror', (error) => this.#errors.push(`${page.url()}: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') this.#errors.push(`${page.url()}: ${message.text()}`)
    })
  }

  /** Errors of all pages since the last call. A test expects none at its end. */
  takeErrors(): readonly string[] {
    return this.#errors.splice(0)
  }

  async stop(): Promise<void> {
    await this.#browser.close()
    await this.#server.close()
  }
}

/** The process id of the browser itself, which a profile on disk outlives. */
export async function processId(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const found = processInfo.find(({ type }) => type === 'browser')
  if (found === undefined) throw new Error('Cannot find the process of the browser')
  return found.id
}

/** Ends the renderer of a tab as a crash does; the tab's code gets no chance to do anything. */
export async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const crashed = new Promise((resolve) => page.once('crash', resolve))
  // Never answered by a page that is gone.
  session.send('Page.crash').catch(() => undefined)
  await crashed
}
