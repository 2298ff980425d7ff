// Bundles the package's entry points and its program for Node, with what they depend on: some thirty files where Node
// would look for, read and compile nine hundred. `dist/bundled` mirrors the folders of `dist`.

import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly node?: string }>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const folder = 'dist/bundled'

/**
 * Node's own modules by `process.getBuiltinModule`. An import statement makes all of their exports at once, and of
 * `node:http` alone that loads the whole of Node's `fetch`: 50 of the 60 ms that it takes.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup(bundle) {
    bundle.onResolve({ filter: /./ }, ({ path }) =>
      isBuiltin(path) ? { path: `node:${path.replace(/^node:/, '')}`, namespace: 'builtin' } : undefined,
    )
    bundle.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}')`,
    }))
  },
}

export async function bundleForNode(): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  const { bin, exports, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
  const bundled = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : (entry.node ?? [])))
  const { metafile } = await build({
    entryPoints: [...bundled, ...Object.values(bin)].map((file) => file.replace('/bundled/', '/')),
    outdir: folder,
    outbase: 'dist',
    chunkNames: 'chunks/[hash]',
    bundle: true,
    // All in one go: a class that two entry points export is one class.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.13',
    // Names stay: they are what a stack trace is read by.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    plugins: [builtins],
    // What `ws` takes where an application has installed it.
    external: [...Object.keys(peerDependencies), 'bufferutil', 'utf-8-validate'],
  })
  writeFileSync(join(folder, 'LICENSES.txt'), licences(metafile))
}

/** The licences of all packages that the bundle holds something of. @throws Error when one has none that could be shown */
function licences({ outputs }: Metafile): string {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))
  const packages = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  const texts = [...[...packages].toSorted().map(licenceOf), readFileSync('LICENSE-APACHE', 'utf8')]
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

function licenceOf(directory: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly version: string
    readonly license?: string
  }
  const texts = readdirSync(directory).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
  // Many come without a text, and name one of which a single copy is enough.
  const isApache = license?.includes('Apache-2.0') === true
  if (texts.length === 0 && !isApache) throw new Error(`${name} ${version} would be bundled without its licence`)
  return [
    `${name} ${version} (${license ?? 'see below'})\n`,
    ...(texts.length === 0 ? ['The Apache License 2.0 stands at the end.\n'] : []),
    ...texts.map((file) => readFileSync(join(directory, file), 'utf8')),
  ].join('\n')
}
