import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { resolvePeer } from '../peers/resolve.ts'
import type { Figures } from './cases.ts'
import { ours, type LibraryName } from './libraries.ts'

interface Entry {
  /** What an application would import. */
  readonly code: string
  /** Files that the bundle fetches besides, of the package: esbuild leaves them where they are. */
  readonly fetched?: readonly [peer: string, file: string]
}

const here = import.meta.dirname
const peers = join(here, '../peers')

/** diamond-types-node is for Node alone. */
const entries: Partial<Record<LibraryName, Readonly<Record<string, Entry>>>> = {
  [ours]: {
    core: { code: "export { createDocument, loadDocument } from 'peerloom/crdt'" },
    all: { code: "export * from 'peerloom/crdt'" },
  },
  'yjs': { all: { code: "export * from 'yjs'" } },
  'loro': {
    all: { code: "export * from 'loro-crdt'", fetched: ['loro-crdt', '../browser/loro_wasm_bg.wasm'] },
  },
  'json-joy': {
    all: {
      code: "export { Model } from 'json-joy/esm/json-crdt'; export { Patch } from 'json-joy/esm/json-crdt-patch'",
    },
  },
  'automerge': { all: { code: "export * from '@automerge/automerge'" } },
  'collabs': { all: { code: "export * from '@collabs/collabs'" } },
}

/** Bytes of what a browser fetches, minified and gzipped. `core` is `all` where a library has no smaller part. */
export async function bundle(library: LibraryName): Promise<Figures | undefined> {
  const { all, core = all } = entries[library] ?? {}
  return all === undefined || core === undefined
    ? undefined
    : { core: await size(core, library), all: await size(all, library) }
}

async function size({ code, fetched }: Entry, library: LibraryName): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: library === ours ? here : peers },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
    loader: { '.wasm': 'file' },
    outdir: 'bundle',
    write: false,
  })
  const files = outputFiles.map(({ contents }) => contents)
  if (fetched !== undefined) files.push(readFileSync(join(dirname(resolvePeer(fetched[0])), fetched[1])))
  return files.reduce((sum, contents) => sum + gzipSync(contents, { level: 9 }).length, 0)
}
