import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { Failure } from './failure.ts'

/** A socket's path may have 104 bytes on macOS and 108 on Linux, a zero at the end included. */
const socketPathLimit = 103

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/

/** One of the peers that a person runs on a machine. */
export interface Profile {
  readonly name: string
  /** Where its identity, documents and settings are. Absolute. */
  readonly directory: string
  /** Where its running peer is asked: a Unix socket, or a named pipe on Windows. */
  readonly socket: string
}

/**
 * @param directory instead of that of the XDG base directory specification
 * @throws Failure for a name that is none
 */
export function profile(name: string, directory?: string): Profile {
  if (!namePattern.test(name)) {
    throw new Failure('usage', `Cannot use ${JSON.stringify(name)} as the name of a profile`, {
      hint: 'A name has 1 to 48 letters, digits, dots, dashes or underscores, and begins with a letter or digit',
    })
  }
  const place = resolve(directory ?? join(dataHome(), 'peerloom', name))
  return { name, directory: place, socket: socketPath(name, place) }
}

/**
 * Makes a directory that its owner alone may enter. One that holds something already is left as it is: it may be a home,
 * or `/tmp`.
 *
 * @throws Failure where somebody else could enter
 */
export function privateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const status = lstatSync(directory)
  if (!status.isDirectory()) throw new Failure('refused', `Cannot use ${directory}: it is no directory`)
  if (process.platform === 'win32') return
  if (status.uid !== userInfo().uid)
    throw new Failure('refused', `Cannot use ${directory}: it belongs to somebody else`)
  if ((status.mode & 0o077) === 0) return
  if (readdirSync(directory).length > 0) {
    throw new Failure('refused', `Cannot use ${directory}: others may enter it, and it holds files already`, {
      hint: 'Choose a directory that is not there yet, or close this one to others (chmod 700)',
    })
  }
  chmodSync(directory, 0o700)
}

function dataHome(): string {
  return absolute(process.env['XDG_DATA_HOME']) ?? join(homedir(), '.local', 'share')
}

/** Directories of another place, whatever their profile is called, have another socket. */
function socketPath(name: string, directory: string): string {
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 12)
  if (process.platform === 'win32') return String.raw`\\.\pipe\peerloom-${digest}`
  const path = join(runtimeDirectory(), `${name}-${digest}.sock`)
  return Buffer.byteLength(path) <= socketPathLimit ? path : join(sharedRuntimeDirectory(), `${digest}.sock`)
}

function runtimeDirectory(): string {
  const own = absolute(process.env['PEERLOOM_RUNTIME_DIR'])
  if (own !== undefined) return own
  const given = absolute(process.env['XDG_RUNTIME_DIR'])
  return given === undefined ? sharedRuntimeDirectory() : join(given, 'peerloom')
}

/** In a directory that others write too: `privateDirectory` looks at whose it is. */
function sharedRuntimeDirectory(): string {
  const path = join(tmpdir(), `peerloom-${userInfo().uid}`)
  return Buffer.byteLength(path) <= socketPathLimit - 18 ? path : `/tmp/peerloom-${userInfo().uid}`
}

/** The specification: a relative path is as good as none. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true || (process.platform === 'win32' && path !== undefined && path !== '')
    ? path
    : undefined
}
