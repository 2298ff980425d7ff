import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A file or folder of the installed package: found by its name, since the program is run from its modules and bundled. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(path, import.meta.resolve('peerloom/package.json')))
}

/** Of the package. */
export function packageVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
