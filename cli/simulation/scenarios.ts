import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { ScenarioError, parseScenario, suggestion, type Scenario } from '../../node/simulation/index.ts'
import { Failure } from '../failure.ts'
import { packageFile } from '../package.ts'
import { overlays } from './overlays.ts'

/** Of the package. */
const folder = packageFile('examples/scenarios/')

export interface BuiltIn {
  readonly name: string
  readonly scenario: Scenario
}

/** The scenarios that come with the program, by name. */
export function builtIns(): BuiltIn[] {
  return builtInNames().map((name) => ({ name, scenario: parseFile(readBuiltIn(name), name) }))
}

/**
 * @param given a file, `-` for standard input, or the name of one that comes with the program
 * @throws Failure with every problem of the file
 */
export async function loadScenario(given: string): Promise<Scenario> {
  if (given === '-') return parseFile(await text(process.stdin), 'standard input')
  if (!/[./\\]/.test(given)) return parseFile(readBuiltIn(given), given)
  return parseFile(readScenarioFile(given), given)
}

function builtInNames(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort()
}

function readBuiltIn(name: string): string {
  const names = builtInNames()
  if (names.includes(name)) return readFileSync(`${folder}${name}.json`, 'utf8')
  throw new Failure('not-found', `There is no scenario named ${JSON.stringify(name)}${suggestion(name, names)}`, {
    hint: 'See: peerloom sim --list; a file is named with its ending or its folder: ./mine.json',
  })
}

function readScenarioFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new Failure(isMissing ? 'not-found' : 'failure', `Cannot read ${path}: ${reason(error)}`, { cause: error })
  }
}

function parseFile(content: string, from: string): Scenario {
  try {
    return parseScenario(content, overlays)
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error
    throw new Failure('scenario', `Cannot use the scenario of ${from}\n${error.message}`, {
      cause: error,
      hint: 'See docs/guides/simulator.md, or: peerloom sim --schema',
    })
  }
}

function reason(error: unknown): string {
  return (error as Error).message.replace(/^[A-Z]+: /, '').replace(/, \w+ '.*'$/, '')
}
