import { readFileSync } from 'node:fs'
import type { Case } from '../cases.ts'
import { check, elapsed } from '../measuring.ts'

/** Opens a saved document, reads its text, then writes the first character: cold, each once in a process. */
export const load: Case = ({ library, encodedFile }) => {
  const bytes = new Uint8Array(readFileSync(encodedFile))
  library.create(0)
  let replica = undefined as ReturnType<typeof library.load> | undefined
  let text = ''
  const textMilliseconds = elapsed(() => {
    replica = library.load(bytes, 1)
    text = replica.text()
  })
  const first = elapsed(() => replica?.insert(10, 'x'))
  check(replica?.text() === `${text.slice(0, 10)}x${text.slice(10)}`, 'the first edit did something else')
  return { textMilliseconds, editMilliseconds: textMilliseconds + first }
}
