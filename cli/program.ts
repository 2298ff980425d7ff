import { Command, CommanderError, Option } from 'commander'
import type { CommandEntry, Invocation, OptionEntry } from './commands/command.ts'
import { commands, sharedOptions, verbFamilies } from './commands/table.ts'
import { readDuration } from './duration.ts'
import { Failure } from './failure.ts'
import { Output } from './output.ts'
import { profile } from './profile.ts'

/** Runs the command line. @param words without the names of Node and of the script */
export async function main(words: readonly string[]): Promise<void> {
  const interruption = listenForSignals()
  // To commander, a variable that is empty says yes to an option without a value.
  for (const { environment = '' } of sharedOptions) if (process.env[environment] === '') delete process.env[environment]
  let exitCode = 0
  try {
    await buildProgram((entry, invoked) => run(entry, invoked, interruption).then((code) => void (exitCode = code)))
      // Not `from: 'user'`: that would also skip the name of the program in the help.
      .parseAsync(['node', 'peerloom', ...words])
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return
    // Also where it is the options that could not be read.
    const json = words.includes('--json') || process.env['PEERLOOM_JSON'] !== undefined
    exitCode = new Output({ json }).failure(describe(error))
  }
  // A node that has stopped may have left timers behind.
  process.stdout.write('', () => process.exit(exitCode))
}

interface Invoked {
  readonly operands: readonly (string | undefined)[]
  readonly options: Readonly<Record<string, unknown>>
}

/** @param act runs a verb */
function buildProgram(act: (entry: CommandEntry, invoked: Invoked) => Promise<void>): Command {
  const program = new Command('peerloom')
    .description('A peer of a local network, its members, messages and documents.')
    .usage('VERB [options]')
    .helpOption('-h, --help', 'explain the verb')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
  for (const option of sharedOptions) program.addOption(toOption(option))
  for (const entry of commands) addCommand(program, entry, act)
  return program
}

function addCommand(
  program: Command,
  entry: CommandEntry,
  act: (entry: CommandEntry, invoked: Invoked) => Promise<void>,
): void {
  const [first = '', second] = entry.name.split(' ')
  const parent = second === undefined ? program : findGroup(program, first, entry.group)
  const command = parent.command(second ?? first).description(entry.summary)
  if (second === undefined) command.helpGroup(`${entry.group}:`)
  for (const { name, summary } of entry.operands ?? []) {
    command.argument(name.startsWith('[') ? name : `<${name}>`, summary)
  }
  for (const option of entry.options ?? []) command.addOption(toOption(option))
  if (entry.remarks !== undefined) command.addHelpText('after', `\n${entry.remarks}`)
  const operandCount = entry.operands?.length ?? 0
  command.action((...given: unknown[]) =>
    act(entry, {
      operands: given.slice(0, operandCount) as (string | undefined)[],
      options: command.optsWithGlobals(),
    }),
  )
}

/** `doc`, `overlay`: with their own verbs below. */
function findGroup(program: Command, name: string, group: string): Command {
  const known = program.commands.find((command) => command.name() === name)
  if (known !== undefined) return known
  return program
    .command(name)
    .description(verbFamilies[name] ?? '')
    .helpGroup(`${group}:`)
}

function toOption({ flags, summary, environment, repeatable }: OptionEntry): Option {
  const option = new Option(flags, summary)
  if (environment !== undefined) option.env(environment)
  if (repeatable === true) {
    option.argParser((value: string, former: readonly string[] | undefined) => [...(former ?? []), value])
  }
  return option
}

/** @returns the exit code */
async function run(entry: CommandEntry, { operands, options }: Invoked, interruption: AbortSignal): Promise<number> {
  const output = new Output({ json: options['json'] === true || options['json'] === 'true' })
  const timer = new AbortController()
  let timing: NodeJS.Timeout | undefined
  try {
    const given = text(options['timeout'])
    const timeout = given === undefined ? undefined : readDuration(given)
    if (timeout !== undefined) {
      const failure = new Failure('time-out', `${entry.name} took longer than ${given}`)
      timing = setTimeout(() => timer.abort(failure), timeout)
    }
    const invocation: Invocation = {
      profile: profile(text(options['profile']) ?? 'default', text(options['directory'])),
      output,
      operands,
      options,
      signal: AbortSignal.any([interruption, timer.signal]),
      timeout,
      goesOn: () => clearTimeout(timing),
    }
    const command = await entry.load()
    return (await command.run(invocation)) ?? 0
  } catch (error) {
    return output.failure(error)
  } finally {
    clearTimeout(timing)
  }
}

/** The first Ctrl-C asks to leave, the second does not ask. */
function listenForSignals(): AbortSignal {
  const interruption = new AbortController()
  process.on('SIGINT', () => {
    if (interruption.signal.aborted) process.exit(130)
    interruption.abort(new Failure('interrupted', 'Interrupted'))
  })
  return interruption.signal
}

/** What commander has to say, in our words. */
function describe(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error
  if (error.code === 'commander.help')
    return new Failure('usage', 'A verb is missing', { hint: 'See: peerloom --help' })
  const [message = '', ...more] = error.message.replace(/^error: /, '').split('\n')
  const hint = [...more, 'See: peerloom --help'].join('\n')
  return new Failure('usage', message, { hint, cause: error })
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
