import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** Pages of a test: the name in the address, and the module that runs there. */
export type Pages = Readonly<Record<string, URL>>

export interface PageServer {
  /** `http://127.0.0.1:PORT`: a secure context, as Web Locks and `crypto.subtle` need. */
  readonly origin: string
  close(): Promise<void>
}

/** Bundles the modules from their sources and serves `/NAME` for each of them, on a free port of this machine alone. */
export async function servePages(pages: Pages): Promise<PageServer> {
  const scripts = await bundle(pages)
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1)
    const script = scripts.get(path)
    if (script !== undefined) {
      response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(script)
    } else if (Object.hasOwn(pages, path)) {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html(path))
    } else {
      response.writeHead(path === 'favicon.ico' ? 204 : 404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closeServer(server),
  }
}

/** By file name: `NAME.js` and its source map. */
async function bundle(pages: Pages): Promise<ReadonlyMap<string, Uint8Array>> {
  const result = await build({
    entryPoints: Object.entries(pages).map(([name, module]) => ({ in: fileURLToPath(module), out: name })),
    outdir: '/',
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    conditions: ['browser'],
    sourcemap: 'inline',
    logLevel: 'error',
  })
  return new Map(result.outputFiles.map(({ path, contents }) => [path.slice(path.lastIndexOf('/') + 1), contents]))
}

function html(name: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${name}</title><body><script type="module" src="/${name}.js"></script></body></html>`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)))
    server.closeAllConnections()
  })
}
