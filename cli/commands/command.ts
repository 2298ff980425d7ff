import type { Output } from '../output.ts'
import type { Profile } from '../profile.ts'

/** What a verb is given when it is run. */
export interface Invocation {
  readonly profile: Profile
  readonly output: Output
  /** In the order of the table; those left out are undefined. */
  readonly operands: readonly (string | undefined)[]
  readonly options: Options
  /** Aborted by the first Ctrl-C, and by `--timeout`. */
  readonly signal: AbortSignal
  /** `--timeout` in milliseconds. */
  readonly timeout: number | undefined
  /** What was asked for is there, and stays until it is told to end: the time of `--timeout` no longer runs. */
  readonly goesOn: () => void
}

export type Options = Readonly<Record<string, unknown>>

/** @returns the exit code, where it is not 0 */
type Run = (invocation: Invocation) => Promise<number | void>

interface OperandEntry {
  /** `NAME`, or `[NAME]` for one that may be left out. */
  readonly name: string
  readonly summary: string
}

export interface OptionEntry {
  /** As commander writes them: `-p, --peers <number>`. */
  readonly flags: string
  readonly summary: string
  /** Environment variable that is read when the option is not given. */
  readonly environment?: string
  readonly repeatable?: boolean
}

/** One line of the command table. */
export interface CommandEntry {
  /** One word, or two: `doc get`. */
  readonly name: string
  readonly group: string
  readonly summary: string
  readonly operands?: readonly OperandEntry[]
  readonly options?: readonly OptionEntry[]
  /** What else its help says, after the options. */
  readonly remarks?: string
  /** Imported when it is run: everything heavy is behind it. */
  readonly load: () => Promise<{ readonly run: Run }>
}
