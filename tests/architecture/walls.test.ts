import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const execute = promisify(execFile)
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const copied = ['node', 'overlays', 'crdt', 'tsconfig.base.json', '.oxlintrc.json', 'package.json']

let copy: string

// The walls are tried on a copy, so that a planted violation is never part of the real tree.
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'peerloom-walls-'))
  for (const name of copied) await cp(join(root, name), join(copy, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  const { output, failed } = await run('tsc', [
    '-b',
    'node/peer',
    'node/simulation',
    'node/reconciliation',
    'overlays/gossipsub',
    'overlays/kademlia',
  ])
  expect(output).toBe('')
  expect(failed).toBe(false)
}, 120_000)

afterAll(() => rm(copy, { recursive: true, force: true }))

async function run(command: string, arguments_: readonly string[]): Promise<{ output: string; failed: boolean }> {
  const binary = join(root, 'node_modules', '.bin', command)
  try {
    const { stdout, stderr } = await execute(binary, arguments_, { cwd: copy, maxBuffer: 1 << 26 })
    return { output: stdout + stderr, failed: false }
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return { output: stdout + stderr, failed: true }
  }
}

/** A mistake in a folder, and what is said of it. */
type Violation = readonly [folder: string, what: string, source: string, said: string]

/**
 * Writes all of these into the copy, looks at it, and takes them away again. Starting a compiler or a linter costs most
 * of what it does: each looks once.
 */
async function plant<Result>(violations: readonly Violation[], look: () => Promise<Result>): Promise<Result> {
  const files = violations.map((violation) => join(copy, plantedAs(violation)))
  await Promise.all(violations.map(([, , source], index) => writeFile(files[index] as string, source)))
  try {
    return await look()
  } finally {
    await Promise.all(files.map((file) => rm(file)))
  }
}

/** The file of a violation, from the root of the copy. */
function plantedAs([folder, what]: Violation): string {
  return `${folder}/planted-${what.replace(/\W+/g, '-')}.ts`
}

const use = (path: string): string => `export * from '${path}'\n`

const refusedByCompiler: readonly Violation[] = [
  ['overlays/swim', 'a sibling overlay', use('../gossip/index.ts'), 'TS6307'],
  ['overlays/gossip', 'a sibling overlay', use('../swim/index.ts'), 'TS6307'],
  ['overlays/swim', 'the live host', use('../../node/libp2p/index.ts'), 'TS6307'],
  ['overlays/swim', 'the simulator', use('../../node/simulation/index.ts'), 'TS6307'],
  // Not its index: that uses the live host as well, and what two files import is refused but once.
  ['overlays/chord', 'a sibling overlay', use('../kademlia/counters.ts'), 'TS6307'],
  ['overlays/chord', 'the live host', use('../../node/libp2p/index.ts'), 'TS6307'],
  ['overlays/gossipsub', 'a sibling overlay', use('../gossip/index.ts'), 'TS6307'],
  ['overlays/gossipsub', 'the simulator', use('../../node/simulation/index.ts'), 'TS6307'],
  ['overlays/gossipsub', 'documents', use('../../crdt/index.ts'), 'TS6307'],
  ['overlays/kademlia', 'a sibling overlay', use('../gossip/index.ts'), 'TS6307'],
  ['overlays/kademlia', 'the other adapter', use('../gossipsub/index.ts'), 'TS6307'],
  ['overlays/kademlia', 'the simulator', use('../../node/simulation/index.ts'), 'TS6307'],
  ['overlays/kademlia', 'documents', use('../../crdt/index.ts'), 'TS6307'],
  ['overlays/gossip', 'documents', use('../../crdt/index.ts'), 'TS6307'],
  ['crdt', 'the live host', use('../node/libp2p/index.ts'), 'TS6307'],
  ['crdt', 'a store', use('../node/stores/memory/index.ts'), 'TS6307'],
  ['crdt', 'an overlay', use('../overlays/gossip/index.ts'), 'TS6307'],
  ['crdt/replicator', 'an overlay', use('../../overlays/gossip/index.ts'), 'TS6307'],
  ['node/protocol', 'an overlay', use('../../overlays/swim/index.ts'), 'TS6307'],
  ['node/reconciliation', 'an overlay', use('../../overlays/gossip/index.ts'), 'TS6307'],
  ['node/reconciliation', 'documents', use('../../crdt/index.ts'), 'TS6307'],
  ['node/reconciliation', 'the simulator', use('../simulation/index.ts'), 'TS6307'],
  ['node/simulation', 'the live host', use('../libp2p/index.ts'), 'TS6307'],
  ['node/simulation', 'documents', use('../../crdt/index.ts'), 'TS6307'],
  ['node/libp2p', 'a store', use('../stores/memory/index.ts'), 'TS6307'],
  ['node/libp2p', 'the simulator', use('../simulation/index.ts'), 'TS6307'],
  ['node/libp2p', 'an overlay', use('../../overlays/swim/index.ts'), 'TS6307'],
  ['node/libp2p', 'an adapter', use('../../overlays/gossipsub/index.ts'), 'TS6307'],
  ['node/stores/memory', 'documents', use('../../../crdt/index.ts'), 'TS6307'],
  ['node/stores/sqlite', 'another store', use('../memory/index.ts'), 'TS6307'],
  ['node/stores/indexeddb', 'the live host', use('../../libp2p/index.ts'), 'TS6307'],
  ['node/peer', 'an adapter', use('../../overlays/gossipsub/index.ts'), 'TS6307'],
  ['node/peer', 'the other adapter', use('../../overlays/kademlia/index.ts'), 'TS6307'],
  ['node/peer', 'the simulator', use('../simulation/index.ts'), 'TS6307'],
  [
    'node/protocol',
    "Node's own modules",
    `import { createHash } from 'node:crypto'\nexport const x: unknown = createHash\n`,
    'TS2591',
  ],
  ['node/reconciliation', 'a clock', 'export const x: number = performance.now()\n', 'TS2304'],
  ['overlays/swim', 'a timer', 'setTimeout(() => {}, 1)\n', 'TS2304'],
  ['crdt', 'a timer', 'setInterval(() => {}, 1)\n', 'TS2304'],
  ['node/simulation', 'a clock', 'export const x: number = performance.now()\n', 'TS2304'],
  ['overlays/gossip', 'a console', `console.log('x')\n`, 'TS2584'],
  ['crdt/replicator', 'a process', 'export const x: unknown = process.env\n', 'TS2591'],
]

describe('the compiler', () => {
  // By folder: a project is built only when those that it needs are sound.
  const outputs = new Map<string, { output: string; failed: boolean }>()

  beforeAll(async () => {
    for (const folder of new Set(refusedByCompiler.map(([name]) => name))) {
      const violations = refusedByCompiler.filter(([name]) => name === folder)
      outputs.set(folder, await plant(violations, () => run('tsc', ['-b', '--pretty', 'false', folder])))
    }
  }, 120_000)

  test.each(refusedByCompiler)('refuses %s the use of %s', (...violation) => {
    const [folder, , , code] = violation
    const { output, failed } = outputs.get(folder) ?? { output: '', failed: false }
    expect(failed).toBe(true)
    expect(linesOf(output, plantedAs(violation))).toContain(code)
  })
})

/** What oxlint writes as JSON, as far as it is read here. */
interface LinterReport {
  readonly diagnostics: readonly {
    readonly filename: string
    readonly code: string
    readonly message: string
    readonly help?: string
  }[]
}

/** What an output says of one file, where each line begins with the file that it is of. */
function linesOf(output: string, file: string): string {
  return output
    .split('\n')
    .filter((line) => line.startsWith(file))
    .join('\n')
}

test('the compiler refuses projects that need each other', { timeout: 60_000 }, async () => {
  const folder = join(copy, 'circle')
  await cp(join(copy, 'node/protocol'), folder, { recursive: true })
  const config = (reference: string): string =>
    JSON.stringify({
      extends: '../tsconfig.base.json',
      compilerOptions: { outDir: '../dist/circle' },
      include: ['errors.ts'],
      references: [{ path: reference }],
    })
  await writeFile(join(folder, 'tsconfig.json'), config('.'))
  const { output, failed } = await run('tsc', ['-b', 'circle'])
  await rm(folder, { recursive: true })
  expect(failed).toBe(true)
  expect(output).toContain('TS6202')
})

const refusedByLinter: readonly Violation[] = [
  ['overlays/swim', 'the wall clock', 'export const x: number = Date.now()\n', 'Time comes from Environment.now()'],
  ['crdt', 'the wall clock', 'export const x: Date = new Date()\n', 'Time comes from Environment.now()'],
  ['node/simulation', 'chance', 'export const x: number = Math.random()\n', 'Chance comes from Environment.random'],
  ['node/reconciliation', 'chance', 'export const x: number = Math.random()\n', 'Chance comes from Environment.random'],
  ['overlays/chord', 'inner files of others', use('../../node/reconciliation/turn.ts'), 'imported through'],
  ['crdt/replicator', 'chance', 'export const x: number = Math.random()\n', 'Chance comes from Environment.random'],
  ['node/protocol', 'libp2p', `export { createLibp2p } from 'libp2p'\n`, 'Pure folders import uint8arrays'],
  ['node/reconciliation', 'any package', `export { pipe } from 'it-pipe'\n`, 'Pure folders import uint8arrays'],
  ['crdt', 'any package', `export { pipe } from 'it-pipe'\n`, 'Pure folders import uint8arrays'],
  ['overlays/gossip', 'inner files of others', use('../../node/protocol/random.ts'), 'imported through their index.ts'],
  ['overlays/gossipsub', 'inner files of others', use('../../node/protocol/random.ts'), 'imported through'],
  ['overlays/kademlia', 'inner files of others', use('../../node/protocol/random.ts'), 'imported through'],
  ['node/peer', 'inner files of others', use('../../overlays/swim/members.ts'), 'imported through their index.ts'],
  ['node/peer', 'promises that nobody waits for', 'Promise.resolve().then(() => 1)\n', 'no-floating-promises'],
]

describe('the linter', () => {
  let outcome: { output: string; failed: boolean }

  beforeAll(async () => {
    const files = refusedByLinter.map(plantedAs)
    outcome = await plant(refusedByLinter, () =>
      run('oxlint', ['--type-aware', '--deny-warnings', '--format=json', ...files]),
    )
  }, 120_000)

  test.each(refusedByLinter)('refuses %s the use of %s', (...violation) => {
    expect(outcome.failed).toBe(true)
    const { diagnostics } = JSON.parse(outcome.output) as LinterReport
    const said = diagnostics.filter(({ filename }) => filename === plantedAs(violation))
    expect(said.map(({ code, message, help }) => [code, message, help].join(' ')).join('\n')).toContain(violation[3])
  })
})
