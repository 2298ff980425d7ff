// Looks at the package as its users get it: packs it, checks the tarball, installs it into an empty folder, and runs the
// program of the README there.

import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const installLimit = 100e6

const folder = mkdtempSync(join(tmpdir(), 'peerloom-package-'))
try {
  const tarball = pack()
  run('publint', ['run', tarball, '--strict'])
  run('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--quiet'])
  const size = install(tarball)
  console.log(`  npm install of the tarball: ${(size / 1e6).toFixed(1)} MB (at most ${installLimit / 1e6})`)
  if (size > installLimit) throw new Error('The package brings too much')
  runReadmeProgram()
} catch (error) {
  console.error(String(error instanceof Error ? error.message : error))
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function pack(): string {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])) as [
    { readonly filename: string; readonly size: number },
  ]
  console.log(`  tarball: ${(packed.size / 1e3).toFixed(0)} kB`)
  return join(folder, packed.filename)
}

/** @returns bytes of everything that came */
function install(tarball: string): number {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  run(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball],
    folder,
  )
  const native: string[] = []
  let size = 0
  for (const entry of readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) size += lstatSync(path).size
    if (entry.name === 'binding.gyp' || entry.name.endsWith('.node')) native.push(path)
    if (entry.name === 'package.json' && entry.isFile()) checkScripts(path)
  }
  if (native.length > 0) throw new Error(`The package brings native code: ${native.join(', ')}`)
  return size
}

/** A package that compiles or downloads something when it is installed says so in its scripts. */
function checkScripts(file: string): void {
  const { name, scripts = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly name?: string
    readonly scripts?: Readonly<Record<string, string>>
  }
  for (const script of ['preinstall', 'install', 'postinstall']) {
    if (scripts[script] !== undefined) throw new Error(`${name} runs '${scripts[script]}' when it is installed`)
  }
}

/** The first JavaScript block of the README stands on its own and says what it prints. */
function runReadmeProgram(): void {
  const readme = readFileSync('README.md', 'utf8')
  const program = /```js\n(.*?)```/s.exec(readme)?.[1]
  if (program === undefined) throw new Error('The README has no program')
  const lines = program.trim().split('\n').length
  if (lines > 20) throw new Error(`The program of the README has ${lines} lines, 20 are promised`)
  const expected = [...program.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map(([, output]) => output)
  writeFileSync(join(folder, 'program.js'), program)
  const printed = run('node', ['program.js'], folder).trimEnd().split('\n')
  if (expected.length === 0 || JSON.stringify(printed) !== JSON.stringify(expected)) {
    throw new Error(`The program of the README prints ${JSON.stringify(printed)}, not ${JSON.stringify(expected)}`)
  }
  console.log(`  README program: ${lines} lines, prints ${JSON.stringify(printed)}`)
}

function run(command: string, arguments_: readonly string[], cwd: string = process.cwd()): string {
  try {
    return execFileSync(command, arguments_, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 180_000,
    })
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
    throw new Error(`${command} ${arguments_.join(' ')} failed\n${stdout}${stderr}`, { cause: error })
  }
}
