import type { Case } from '../cases.ts'
import { byteLength } from '../library.ts'
import { check, elapsed } from '../measuring.ts'

const additions = 100_000

/** 100,000 values are added, every second time an earlier one is deleted; another replica hears each of it at once. */
export const set: Case = ({ library }) => {
  const [writer, reader] = [library.create(0), library.create(1)]
  const [written, read] = [writer.set, reader.set]
  if (written === undefined || read === undefined) return undefined
  writer.track()
  let bytes = 0
  const send = (): void => {
    const update = writer.take()
    bytes += byteLength(update)
    reader.receive(update)
  }
  const milliseconds = elapsed(() => {
    for (let index = 0; index < additions; index++) {
      written.add(`e${index}`)
      send()
      if (index % 2 === 0) continue
      written.delete(`e${(index - 1) / 2}`)
      send()
    }
  })
  check(read.size === additions / 2, 'the reader has another set')
  return { milliseconds, bytes: bytes / (additions * 1.5), encoded: writer.encode().length }
}
