import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Installs what the lock file of a folder says, unless that is there. @throws Error when npm cannot */
export function install(folder: string): void {
  const [lock, installed] = [join(folder, 'package-lock.json'), join(folder, 'node_modules/.package-lock.json')]
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  // Nothing of theirs needs its install scripts here: what has a binary ships it.
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, stderr } = spawnSync('npm', options, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`npm cannot install the packages of ${basename(folder)} (${reason(stderr)})`)
}

/** What npm says first, behind its code: `npm error network request to … failed`. */
function reason(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^npm error /, '').trim())
  return lines.find((line) => line !== '' && !/^(code|errno|syscall) /.test(line)) ?? 'it does not say why'
}

/**
 * Ours is measured as it was built. @returns a warning where sources of these folders have changed since
 *
 * @throws Error where nothing was built
 */
export function staleness(folders: readonly string[]): string[] {
  // Written last by every build.
  const built = join(root, 'dist/size/crdt.js')
  if (!existsSync(built)) throw new Error('There is nothing to measure: npm run build comes first')
  const { mtimeMs } = statSync(built)
  const sources = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
  const isNewer = sources.some((file) => statSync(join(root, file)).mtimeMs > mtimeMs)
  return isNewer ? ['The build of ours is older than its sources: npm run build.'] : []
}

/** What a user of a library gets. */
export interface Installed {
  readonly packages: number
  /** Of disk. */
  readonly megabytes: number
  /** Packages that want to run something when they are installed: to build or fetch a native part. */
  readonly scripts: readonly string[]
  readonly versions: ReadonlyMap<string, string>
}

interface LockedPackage {
  readonly version: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
}

/** What `install` has put into a folder. */
export function installedIn(folder: string): Installed {
  return describe(folder, 'node_modules/.package-lock.json')
}

/** What `npm install peerloom` would put there: this package as it would be published, and what it depends on. */
export function installedOurs(): Installed {
  const { packages, megabytes, scripts, versions } = describe(root, 'package-lock.json')
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const reports = JSON.parse(String(packed)) as Pack[] | Record<string, Pack>
  const [{ files, version }] = Object.values(reports) as [Pack]
  const own = files.reduce((sum, { size }) => sum + Math.ceil(size / blockSize) * blockSize, 0)
  return {
    packages: packages + 1,
    megabytes: megabytes + own / 2 ** 20,
    scripts,
    versions: new Map([...versions, ['peerloom', version]]),
  }
}

interface Pack {
  readonly version: string
  readonly files: readonly { readonly size: number }[]
}

const blockSize = 4096

function describe(folder: string, lock: string): Installed {
  const { packages } = JSON.parse(readFileSync(join(folder, lock), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>
  }
  // Those for other systems are in the lock, and not there.
  const present = Object.entries(packages).filter(
    ([path, { dev }]) => path !== '' && dev !== true && existsSync(join(folder, path)),
  )
  return {
    packages: present.length,
    megabytes: present.reduce((sum, [path]) => sum + diskUse(join(folder, path)), 0) / 2 ** 20,
    scripts: present.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => nameOf(path)),
    versions: new Map(present.map(([path, { version }]) => [nameOf(path), version])),
  }
}

/** Bytes of the files below, without packages within the package: they are counted by themselves. */
function diskUse(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => name !== 'node_modules')
  return entries.reduce((sum, entry) => {
    const path = join(folder, entry.name)
    return sum + lstatSync(path).blocks * 512 + (entry.isDirectory() ? diskUse(path) : 0)
  }, 0)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
