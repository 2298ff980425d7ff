// Bundles what is shipped, for Node and as pages that the CLI serves, and the entry points whose size in browsers is watched.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { bundleForNode } from './node-bundle.ts'
import { browserBundle, bundlePage } from './pages.ts'

/** Pages by the folder that holds their `index.html` and `main.ts`. */
const pages = ['examples/notes']

await bundleForNode()

for (const page of pages) await bundlePage(page, join('dist/web', basename(page)))

const watched = { crdt: 'dist/crdt/index.js', browser: 'dist/node/peer/browser.js' }
for (const [name, entry] of Object.entries(watched)) {
  if (existsSync(entry)) await build({ ...browserBundle, entryPoints: [entry], outfile: `dist/size/${name}.js` })
}
// What a document needs that is made, edited, saved and loaded; the rest of peerloom/crdt comes with its names.
const core = "export { createDocument, loadDocument } from './dist/crdt/index.js'"
await build({ ...browserBundle, stdin: { contents: core, resolveDir: '.' }, outfile: 'dist/size/crdt-core.js' })
