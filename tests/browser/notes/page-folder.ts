import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePage } from '../../../tools/pages.ts'

/** The page as it is shipped, in a folder of its own. */
export interface PageFolder {
  readonly path: string
  remove(): Promise<void>
}

export async function bundleNotes(): Promise<PageFolder> {
  const path = await mkdtemp(join(tmpdir(), 'peerloom-notes-page-'))
  await bundlePage(fileURLToPath(new URL('../../../examples/notes', import.meta.url)), path)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
