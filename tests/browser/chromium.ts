import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']

/** Where a browser lives on systems that do not put it on the path. */
const places = [
  '/usr/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/**
 * The Chromium to test with: the one that `CHROMIUM` or `PLAYWRIGHT_CHROMIUM_PATH` names, else one of this system.
 *
 * @returns undefined when there is none
 * @throws when the one that is named is not there
 */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment['CHROMIUM'] ?? environment['PLAYWRIGHT_CHROMIUM_PATH']
  if (named !== undefined && named !== '') {
    if (!isExecutable(named)) throw new Error(`Cannot run the browser tests: ${named} is not a program`)
    return named
  }
  const directories = (environment['PATH'] ?? '').split(delimiter)
  const candidates = directories.flatMap((directory) => names.map((name) => join(directory, name)))
  return [...candidates, ...places].find(isExecutable)
}

export const howToGetChromium: string =
  'no Chromium was found. Name one with CHROMIUM=/path/to/chromium, or install one: ' +
  '`apt-get install -y chromium`, or `npx playwright install chromium` and name the path it prints'

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
