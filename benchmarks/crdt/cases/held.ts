import { readFileSync } from 'node:fs'
import type { Case } from '../cases.ts'
import type { Library, Replica } from '../library.ts'
import { check, heldBytes, megabyte } from '../measuring.ts'

/** What a document holds that was opened and its text read, then after its first edit. */
export const held: Case = async ({ library, encodedFile }) => {
  prepare(library, encodedFile)
  const before = await heldBytes()
  const replica = open(library, encodedFile)
  const loaded = (await heldBytes()) - before
  replica.insert(10, 'x')
  const edited = (await heldBytes()) - before
  check(replica.text().length > 10, 'the text is lost')
  return { megabytes: loaded / megabyte, editedMegabytes: edited / megabyte }
}

/** What reading and creating leave behind the first time, code and constants, is not the document's. */
function prepare(library: Library, file: string): void {
  if (readFileSync(file).length === 0 || library.create(0).text() !== '') throw new Error('An encoding is wanted')
}

/** The file's bytes are let go of: they count for a library that keeps them. */
function open(library: Library, file: string): Replica {
  const replica = library.load(new Uint8Array(readFileSync(file)), 1)
  check(replica.text().length > 10, 'a longer text is wanted')
  return replica
}
