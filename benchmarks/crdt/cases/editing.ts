import { createRandom, integer } from '../../../node/protocol/index.ts'
import type { Patch } from '../../../tests/traces/trace.ts'
import type { Case } from '../cases.ts'
import { byteLength } from '../library.ts'
import { check, elapsed } from '../measuring.ts'

const edits = 6000
const letters = 'abcdefghijklmnopqrstuvwxyz'

/** Gives the next edit for a text of this length. */
type Writer = (length: number) => Patch

/** As in crdt-benchmarks, where these are B1.1, B1.3, B1.4, B1.5 and B1.7. */
const writers: Readonly<Record<string, () => Writer>> = {
  append: () => (length) => [length, 0, 'a'],
  prepend: () => () => [0, 0, 'a'],
  characters: () => {
    const random = createRandom('characters')
    return (length) => [integer(random, length + 1), 0, letters[length % 26] ?? '']
  },
  words: () => {
    const random = createRandom('words')
    return (length) => [integer(random, length + 1), 0, letters.slice(0, 3 + integer(random, 7))]
  },
  mixed: () => {
    const random = createRandom('mixed')
    return (length) => {
      const isInsertion = length === 0 || integer(random, 2) === 0
      if (isInsertion) return [integer(random, length + 1), 0, letters.slice(0, 2 + integer(random, 8))]
      const position = integer(random, length)
      return [position, Math.min(1 + integer(random, 9), length - position), '']
    }
  },
}

/** One writes, another hears each edit at once. */
export const editing: Case = ({ library }, variant) => {
  const next = writers[variant]?.()
  if (next === undefined) throw new Error(`Nobody writes like ${variant}`)
  let length = 0
  const patches = Array.from({ length: edits }, () => {
    const patch = next(length)
    length += patch[2].length - patch[1]
    return patch
  })
  const [writer, reader] = [library.create(0), library.create(1)]
  writer.track()
  let bytes = 0
  const milliseconds = elapsed(() => {
    for (const [position, deleted, inserted] of patches) {
      if (deleted > 0) writer.delete(position, deleted)
      else writer.insert(position, inserted)
      const update = writer.take()
      bytes += byteLength(update)
      reader.receive(update)
    }
  })
  check(reader.text() === writer.text(), 'the reader has another text')
  return { milliseconds, wireBytes: bytes / edits, bytes: writer.encode().length }
}
