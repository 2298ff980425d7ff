import { execFileSync } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'

const peers = join(import.meta.dirname, '../peers')
const root = join(import.meta.dirname, '../..')

/** Installs what the lock file of the peers says, unless that is there. @throws Error when npm cannot */
export function installPeers(): void {
  const [lock, installed] = [join(peers, 'package-lock.json'), join(peers, 'node_modules/.package-lock.json')]
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  // Nothing of theirs needs its install scripts.
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', options, { cwd: peers, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Ours is measured as it was built. @returns a warning where sources have changed since. @throws Error where nothing was built */
export function staleness(): string[] {
  const built = join(root, 'dist/crdt/tsconfig.tsbuildinfo')
  if (!existsSync(built)) throw new Error('There is nothing to measure: npm run build comes first')
  const { mtimeMs } = statSync(built)
  const isNewer = globSync('crdt/**/*.ts', { cwd: root }).some((file) => statSync(join(root, file)).mtimeMs > mtimeMs)
  return isNewer ? ['The build of ours is older than its sources: npm run build.'] : []
}
