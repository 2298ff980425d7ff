import { join } from 'node:path'
import type { Library } from './library.ts'

export type LibraryName = 'ours' | 'ours in memory' | 'Yjs' | 'automerge-repo' | 'OrbitDB'

/** What a library does for an operation; beside every figure, for who does less is faster. */
export interface Entry {
  readonly load: () => Promise<Library>
  /** Where its own packages are; undefined for ours. */
  readonly folder?: string
  /** The packages whose versions are told. */
  readonly packages: readonly string[]
  readonly signed: string
  readonly synced: string
  readonly batched: string
}

const ours = {
  load: (durable: boolean) => async () => (await import('./peerloom/library.ts')).peerloom(durable),
  packages: ['peerloom', 'libp2p'],
  signed: 'Ed25519, verified',
  batched: 'first at once; then ≤ 32 or 50 ms',
} as const

export const libraries: Readonly<Record<LibraryName, Entry>> = {
  'ours': { ...ours, load: ours.load(true), synced: 'SQLite, FULL, before it is sent' },
  // Nothing of the public interface turns signatures off.
  'ours in memory': { ...ours, load: ours.load(false), synced: 'no: memory' },
  'Yjs': {
    load: async () => (await import('./yjs/library.ts')).yjs(),
    folder: folder('yjs'),
    packages: ['yjs', 'y-websocket', '@y/websocket-server'],
    signed: 'no',
    synced: 'no: memory',
    batched: 'no',
  },
  'automerge-repo': {
    load: async () => (await import('./automerge-repo/library.ts')).automergeRepo(),
    folder: folder('automerge-repo'),
    packages: ['@automerge/automerge-repo', '@automerge/automerge'],
    signed: 'no',
    synced: 'no: files, each 100 ms',
    batched: '100 ms',
  },
  'OrbitDB': {
    load: async () => (await import('./orbitdb/library.ts')).orbitdb(),
    folder: folder('orbitdb'),
    packages: ['@orbitdb/core', 'helia', 'libp2p', '@libp2p/gossipsub'],
    signed: 'secp256k1, verified',
    synced: 'no: LevelDB, blocks in memory',
    batched: 'no',
  },
}

export const libraryNames = Object.keys(libraries) as LibraryName[]

export function isOurs(name: LibraryName): boolean {
  return libraries[name].folder === undefined
}

function folder(name: string): string {
  return join(import.meta.dirname, name)
}
