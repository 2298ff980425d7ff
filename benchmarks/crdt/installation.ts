import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const peers = join(import.meta.dirname, '../peers')

/** Installs what the lock file of the peers says, unless that is there. @throws Error when npm cannot */
export function installPeers(): void {
  const [lock, installed] = [join(peers, 'package-lock.json'), join(peers, 'node_modules/.package-lock.json')]
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  // Nothing of theirs needs its install scripts.
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', options, { cwd: peers, stdio: ['ignore', 'ignore', 'inherit'] })
}
