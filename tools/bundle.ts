// Bundles what runs in browsers: the pages that the CLI serves (shipped), and the entry points whose size is watched.

import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'

const shared: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2023',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
}

/** Pages by the folder that holds their `index.html` and `main.ts`. */
const pages = ['examples/notes']

for (const page of pages) {
  const name = page.split('/').at(-1) as string
  const folder = join('dist/web', name)
  mkdirSync(folder, { recursive: true })
  await build({ ...shared, entryPoints: [join(page, 'main.ts')], outfile: join(folder, 'main.js') })
  for (const file of readdirSync(page)) if (/\.(html|css|svg)$/.test(file)) cpSync(join(page, file), join(folder, file))
}

const watched = { crdt: 'dist/crdt/index.js', browser: 'dist/node/peer/browser.js' }
for (const [name, entry] of Object.entries(watched)) {
  if (existsSync(entry)) await build({ ...shared, entryPoints: [entry], outfile: `dist/size/${name}.js` })
}
