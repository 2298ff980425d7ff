// Makes a fresh clone ready and then runs one of the package's own scripts. Runs on whatever Node the machine has (18
// or later); the script itself runs on the Node that the lock file pins, since npm puts node_modules/.bin first on PATH.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.peerloom-ready')
const [script, ...rest] = process.argv.slice(2)

if (script === undefined) {
  console.error('usage: node tools/ready.mjs SCRIPT [ARGUMENT ...]')
  process.exit(2)
}
installPackages()
process.exit(run('npm', ['run', '--silent', `ready:${script}`, ...(rest.length > 0 ? ['--', ...rest] : [])]))

/** Installs what the lock file names, unless that was done since it last changed. */
function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.platform}/${process.arch}`)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  console.error('Installing packages (first run, or the lock file has changed) …')
  const status = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  if (status !== 0) process.exit(status)
  writeFileSync(stamp, wanted)
}

/** @returns the exit code */
function run(command, arguments_) {
  const { status, signal, error } = spawnSync(command, arguments_, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, npm_config_update_notifier: 'false' },
    shell: process.platform === 'win32',
  })
  if (error !== undefined) {
    console.error(`Cannot run ${command}: ${error.message}`)
    return 1
  }
  if (signal !== null) return signal === 'SIGINT' ? 130 : 1
  return status ?? 1
}
