// Bundles a page from its folder, the same way for what is shipped and for the tests.

import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build, type BuildOptions } from 'esbuild'

export const browserBundle: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2023',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
}

/** From a folder with `index.html`, `main.ts` and perhaps a service worker in `worker/worker.ts`. */
export async function bundlePage(page: string, destination: string): Promise<void> {
  mkdirSync(destination, { recursive: true })
  await build({ ...browserBundle, entryPoints: [join(page, 'main.ts')], outfile: join(destination, 'main.js') })
  const worker = join(page, 'worker/worker.ts')
  if (existsSync(worker)) {
    await build({ ...browserBundle, entryPoints: [worker], outfile: join(destination, 'worker.js') })
  }
  for (const file of readdirSync(page)) {
    if (/\.(html|css|svg)$/.test(file)) cpSync(join(page, file), join(destination, file))
  }
}
