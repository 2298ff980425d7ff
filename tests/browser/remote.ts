import type { Page } from 'playwright-core'

/** What a page offers the test that drives it: arguments and results are plain data and typed arrays. */
export type PageApi = Readonly<Record<string, (...input: never[]) => unknown>>

/** The same functions as the test sees them. */
export type Remote<Api> = {
  readonly [Name in keyof Api]: Api[Name] extends (...input: infer Input) => infer Output
    ? (...input: Input) => Promise<Awaited<Output>>
    : never
}

const key = 'peerloomTestPage'

/** Called by the page's module, once: what the test can call there. */
export function offer<Api extends PageApi>(api: Api): void {
  Object.assign(globalThis, { [key]: api })
}

/** Calls what the module of the page offers. Waits until it has offered something. */
export function remote<Api extends PageApi>(page: Page): Remote<Api> {
  const call = async (name: string, input: unknown[]): Promise<unknown> => {
    await page.waitForFunction((key) => key in globalThis, key)
    return page.evaluate(
      async ({ key, name, input }) => {
        const api = (globalThis as unknown as Record<string, Record<string, (...input: unknown[]) => unknown>>)[key]
        return await api?.[name]?.(...input)
      },
      { key, name, input },
    )
  }
  const functions = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...input: unknown[]) =>
          call(String(name), input),
    },
  )
  return functions as Remote<Api>
}
