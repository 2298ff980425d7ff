// Finds what is installed here. Ours and the peers' packages do not see each other otherwise.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The build for `import`. @returns what the adapter knows of the package: its types are not there before it is installed */
export async function importPeer<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module
}

/** The build for `require`. */
export function requirePeer<Module>(name: string): Module {
  return require(name) as Module
}

/** The file that `require` finds. */
export function resolvePeer(name: string): string {
  return require.resolve(name)
}
