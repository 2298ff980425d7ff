import type { Library } from './library.ts'
import { automerge } from './libraries/automerge.ts'
import { collabs } from './libraries/collabs.ts'
import { diamondTypes } from './libraries/diamond-types.ts'
import { jsonJoy } from './libraries/json-joy.ts'
import { loro } from './libraries/loro.ts'
import { peerloom } from './libraries/peerloom.ts'
import { yjs } from './libraries/yjs.ts'

export const ours = 'peerloom'

/** In the order of the columns. */
export const libraries = {
  [ours]: peerloom,
  'yjs': yjs,
  'loro': loro,
  'json-joy': jsonJoy,
  'automerge': automerge,
  'diamond-types': diamondTypes,
  'collabs': collabs,
} as const satisfies Readonly<Record<string, () => Promise<Library>>>

export type LibraryName = keyof typeof libraries

export const libraryNames = Object.keys(libraries) as readonly LibraryName[]
