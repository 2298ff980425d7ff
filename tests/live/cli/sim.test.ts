import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parseTimeline, type ScenarioReport } from '../../../node/simulation/index.ts'
import { Machine, main } from './machine.ts'

type Report = ScenarioReport & { readonly machine: object }

const short = {
  name: 'short',
  peers: { count: 10, prefix: 'm' },
  overlay: { swim: {} },
  faults: [{ at: '10s', fault: 'crash', peers: 'm3' }],
  duration: '40s',
}

/** Half a minute in which two halves do not hear each other: members call others failed, and the checker complains. */
const failing = {
  ...short,
  name: 'failing',
  faults: [{ at: '10s', fault: 'partition', groups: ['0-4', 'others'] }],
  checkers: ['false-failures'],
}

function write(machine: Machine, scenario: object, name = 'scenario.json'): string {
  writeFileSync(join(machine.directory, name), JSON.stringify(scenario))
  return `./${name}`
}

describe('peerloom sim', () => {
  test('prints the same report for the same seed, but for the part of the machine', async () => {
    await using machine = new Machine()
    const file = write(machine, short)
    const run = async (...words: string[]): Promise<Report> => machine.json(['sim', file, ...words])
    const [{ machine: made, ...first }, { machine: _, ...second }] = [
      await run('--seed', '7'),
      await run('--seed', '7'),
    ]
    expect(first).toEqual(second)
    expect(Object.keys(made)).toEqual(['wallTime', 'eventsPerSecond', 'node'])
    expect(first).toMatchObject({
      scenario: 'short',
      seed: 7,
      outcome: 'passed',
      virtualTime: 40_000,
      peers: { added: 10, running: 9, crashed: 1 },
      measurements: { detection: { crashes: 1, all: { noticed: 1 } }, views: { distinct: 1, mostMembers: 9 } },
    })
    expect((await run('--seed', '8')).traceHash).not.toBe(first.traceHash)
    expect((await run()).seed).toBe(1)
  })

  test('prints a table for people, and no progress where nobody watches', async () => {
    await using machine = new Machine()
    const { code, stdout, stderr } = await machine.run(['sim', write(machine, short)])
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.toString().split('\n')
    expect(lines[0]).toBe('scenario    short, seed 1: passed')
    expect(lines.every((line) => line.length <= 80)).toBe(true)
    expect(stdout.toString()).toMatch(/^DETECTION\ncrashes {2}1$/m)
  })

  test('reads a scenario from standard input, and knows those that come with it by name', async () => {
    await using machine = new Machine()
    expect(await machine.json(['sim', '-'], { input: JSON.stringify(short) })).toMatchObject({ scenario: 'short' })
    const listed = await machine.json<{ readonly name: string }[]>(['sim', '--list'])
    expect(listed.map(({ name }) => name)).toEqual([
      'city-latencies',
      'gossip-churn',
      'swim-anomalies',
      'swim-crash',
      'swim-partition',
      'swim-rapid',
    ])
    expect(await machine.text(['sim', '--list'])).toContain('swim-crash  (100 peers, 10 m)\n    A hundred members')
    expect(await machine.json(['sim', 'city-latencies'])).toMatchObject({ outcome: 'passed' })
  })

  test('prints the schema that is published', async () => {
    await using machine = new Machine()
    const published = readFileSync(new URL('../../../docs/formats/scenario.schema.json', import.meta.url), 'utf8')
    expect(JSON.parse(await machine.text(['sim', '--schema']))).toEqual(JSON.parse(published))
  })

  test('ends with 1 when a checker finds something, after the report, with exactly one command that repeats it', async () => {
    await using machine = new Machine()
    const file = write(machine, failing, "it's failing.json")
    const { code, stdout, stderr } = await machine.run(['sim', file, '--seed', '3'])
    expect(code).toBe(1)
    expect(stdout.toString()).toContain('scenario    failing, seed 3: FAILED')
    expect(stderr).toMatch(
      /^error: false-failures: m\d calls m\d failed, which runs, and no fault was laid on either \(seed 3, after [\d.]+ s\)\nAgain: (.*)\n$/,
    )
    const [command, ...more] = `${stdout}${stderr}`.match(/peerloom sim .*/g) ?? []
    expect(more).toEqual([])
    const shell = ['-c', (command ?? '').replace('peerloom', '"$0" "$1"'), process.execPath, main]
    const again = await promisify(execFile)('sh', shell, { cwd: machine.directory, env: machine.env }).catch(
      (error: { readonly stderr: string }) => error,
    )
    expect(again.stderr).toBe(stderr)
    expect(await machine.failure(['sim', file, '--seed', '3'])).toMatchObject({
      code: 1,
      error: { code: 'check-failed', hint: `Again: ${command}` },
    })
    const report = await machine.run(['sim', file, '--seed', '3', '--json'])
    expect(JSON.parse(report.stdout.toString())).toMatchObject({ outcome: 'failed', finding: { replay: command } })
  })

  test('whose scenario came on standard input, says that the command wants it again', async () => {
    await using machine = new Machine()
    const { code, stderr } = await machine.run(['sim', '-'], { input: JSON.stringify(failing) })
    expect(code).toBe(1)
    expect(stderr).toMatch(/\nAgain, with the same standard input: peerloom sim - --seed 1\n$/)
  })

  test('tries many seeds, a line each, and ends with the first that fails', async () => {
    await using machine = new Machine()
    const { code, stdout, stderr } = await machine.run(['sim', write(machine, short), '--seeds', '4..6', '--json'])
    expect([code, stderr]).toEqual([0, ''])
    const reports = stdout.toString().trimEnd().split('\n')
    expect(reports.map((line) => (JSON.parse(line) as Report).seed)).toEqual([4, 5, 6])
    const failed = await machine.run(['sim', write(machine, failing), '--seeds', '4..6'])
    expect(failed.code).toBe(1)
    expect(failed.stdout.toString()).toMatch(/^SEED +OUTCOME .*\n +4 +failed .*\n$/)
    expect(failed.stderr).toMatch(/Again: peerloom sim \.\/scenario\.json --seed 4\n$/)
  })

  test.each([
    [{ ...short, overlay: { swim: { probeIntervall: '1s' } } }, 'did you mean "probeInterval"?'],
    [{ ...short, faults: [{ at: 1, fault: 'crash', peers: 'm33' }] }, 'faults[0].peers: found "m33"'],
  ])('a file that cannot be used is a mistake of usage: %#', async (scenario, message) => {
    await using machine = new Machine()
    expect(await machine.failure(['sim', write(machine, scenario)])).toMatchObject({
      code: 2,
      error: { code: 'scenario', message: expect.stringContaining(message) as string },
    })
  })

  test.each([
    [[], 2, 'A scenario is missing'],
    [['swim-crush'], 4, 'There is no scenario named "swim-crush"; did you mean "swim-crash"?'],
    [['./none.json'], 4, 'Cannot read ./none.json: no such file or directory'],
    [['swim-crash', '--seeds', '9..1'], 2, 'Cannot use "9..1" as a range of seeds'],
    [['swim-crash', '--seeds', '1..3', '--timeline', 'x'], 2, '--seeds goes without'],
    [['swim-crash', '--peer', 'm1'], 2, '--peer says what is written with --transcript or --timeline'],
    [['swim-crash', '--peer', 'm100', '--timeline', 'x'], 2, 'There is no peer named "m100"; did you mean "m10"?'],
    [['swim-crash', '--timeline', 'x', '--lines', '0'], 2, 'Cannot use "0" as a number of lines'],
    [['swim-crash', '--transcript', '-'], 2, 'With --json standard output is for the report'],
    [['swim-crash', '--timeline', './none/x'], 1, 'Cannot write ./none/x'],
  ])('%j is refused', async (words, code, message) => {
    await using machine = new Machine()
    const failure = await machine.failure(['sim', ...words])
    expect(failure).toMatchObject({ code, error: { message: expect.stringContaining(message) as string } })
  })

  test('writes the run as a story and as a file that can be played, of some peers and events alone', async () => {
    await using machine = new Machine()
    const file = write(machine, short)
    const words = ['--transcript', 'story.txt', '--timeline', 'run.ndjson', '--peer', 'm3', '--event', 'failed']
    const report = await machine.json<Report>(['sim', file, ...words])
    const story = readFileSync(join(machine.directory, 'story.txt'), 'utf8')
    expect(story).toMatch(/^ {3}10\.000 {2}m3 crashed$/m)
    expect(story).not.toContain('suspected')
    const timeline = parseTimeline(readFileSync(join(machine.directory, 'run.ndjson'), 'utf8'))
    expect(timeline).toMatchObject({ name: 'short', end: 40_000, traceHash: report.traceHash })
    expect(timeline.lines).toContainEqual({ t: 10_000, k: 'crashed', p: timeline.peers.indexOf('m3') })
    const told = await machine.text(['sim', file, '--transcript', '-', '--lines', '3'])
    expect(told).toMatch(/^( {4}0\.\d{3} {2}.*\n){4} {3}40\.000 {2}… and [\d]+ more\nscenario {4}short/)
  })

  test('ends with what was measured so far when it is interrupted', async () => {
    await using machine = new Machine()
    const told = ['--transcript', '-', '--messages', '--lines', '5000', '--timeline', 'run.ndjson']
    const verb = machine.start(['sim', write(machine, { ...short, duration: '30d' }), ...told])
    // The story comes in chunks: with the first one the run is on its way.
    expect(await verb.line()).toMatch(/^ +0\.\d{3} /)
    verb.signal('SIGINT')
    let line = ''
    while (!line.startsWith('scenario')) line = await verb.line()
    expect(line).toBe('scenario    short, seed 1: interrupted')
    expect(await verb.ended()).toBe(130)
    const timeline = parseTimeline(readFileSync(join(machine.directory, 'run.ndjson'), 'utf8'))
    expect(timeline.end).toBeLessThan(30 * 86_400_000)
    expect(timeline.peers).toHaveLength(10)
  })

  test('gives up when the time is over, with what was measured so far', async () => {
    await using machine = new Machine()
    const words = ['sim', write(machine, { ...short, duration: '30d' }), '--timeout', '1s', '--json']
    const { code, stdout } = await machine.run(words)
    expect(code).toBe(5)
    expect(JSON.parse(stdout.toString())).toMatchObject({ outcome: 'interrupted' })
  })
})

describe('the examples of the guide', () => {
  const root = new URL('../../../', import.meta.url)
  const guide = readFileSync(new URL('docs/guides/simulator.md', root), 'utf8')
  const path = (name: string): string => fileURLToPath(new URL(`examples/${name}`, root))
  const run = async (name: string): Promise<string> => (await promisify(execFile)('node', [path(name)])).stdout

  test('the overlay of one’s own is twenty lines, brackets alone and imports not counted', () => {
    const lines = readFileSync(path('own-overlay.ts'), 'utf8').split('\n')
    expect(lines.filter((line) => !/^\s*(\/\/.*|import .*|[\])}]*)\s*,?$/.test(line))).toHaveLength(20)
  })

  test('it runs, and prints the same every time', async () => {
    const printed = await run('own-overlay.ts')
    expect(printed).toMatch(/^9\d\d of 1000 heard it by \d+ messages\n$/)
    expect(await run('own-overlay.ts')).toBe(printed)
  })

  test('the scenario of one’s own overlay runs, with its checker and its measurement', async () => {
    const printed = await run('own-scenario.ts')
    expect(printed).toMatch(/^scenario {4}heartbeats, seed 7: passed\n[^]*BEATS\nheard {2}[\d,]+\n$/)
  })

  test.each(['own-overlay.ts', 'own-scenario.ts'])('%s stands in the guide as it is', (name) => {
    expect(guide).toContain(`\`\`\`ts\n${readFileSync(path(name), 'utf8')}\`\`\``)
  })

  test('the scenario file in the guide is the one that comes with the program', () => {
    expect(guide).toContain(readFileSync(path('scenarios/swim-partition.json'), 'utf8'))
  })
})
