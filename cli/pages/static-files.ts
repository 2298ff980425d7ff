import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

/** One part of a path: no empty one, no dot file, nothing that a file system could take for more than a name. */
const partPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

export interface StaticFile {
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** Files below one directory, and nothing else. */
export class StaticFiles {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** @param path of a URL: begins with a slash, still percent-encoded */
  async read(path: string): Promise<StaticFile | undefined> {
    const parts = path.split('/').slice(1)
    if (parts.at(-1) === '') parts[parts.length - 1] = 'index.html'
    // No name of ours needs percent-encoding, so a path that has any is none of ours.
    if (!parts.every((part) => partPattern.test(part))) return undefined
    const contentType = contentTypes[extname(parts.at(-1) ?? '')]
    if (contentType === undefined) return undefined
    try {
      const root = await realpath(this.#root)
      const file = await realpath(join(root, ...parts))
      if (!file.startsWith(root + sep)) return undefined
      return { contentType, bytes: await readFile(file) }
    } catch {
      return undefined
    }
  }
}
