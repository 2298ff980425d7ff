import { createRandom, integer } from '../../../node/protocol/index.ts'
import type { Case } from '../cases.ts'
import { byteLength, type Library, type Replica, type Update } from '../library.ts'
import { check, elapsed } from '../measuring.ts'

const insertions = 6000
const start = 'x'.repeat(100)

interface Side {
  readonly replica: Replica
  readonly updates: readonly Update[]
}

/** Two insert characters at random places of one text without hearing each other, then hear it all (B2.2). */
export const crossing: Case = ({ library }, variant) => {
  const [left, right] = write(library)
  const milliseconds = elapsed(() => {
    hear(left.replica, right.updates, variant)
    hear(right.replica, left.updates, variant)
  })
  check(left.replica.text() === right.replica.text(), 'the two differ')
  const all = [...left.updates, ...right.updates]
  const wireBytes = all.reduce((sum, update) => sum + byteLength(update), 0) / all.length
  return { milliseconds, ...(variant === 'batch' ? {} : { wireBytes, bytes: left.replica.encode().length }) }
}

function hear(replica: Replica, updates: readonly Update[], variant: string): void {
  if (variant === 'batch') replica.receiveAll(updates)
  else for (const update of updates) replica.receive(update)
}

function write(library: Library): [Side, Side] {
  const [left, right] = [library.create(0), library.create(1)]
  left.track()
  right.track()
  left.insert(0, start)
  right.receive(left.take())
  const side = (replica: Replica, character: string): Side => {
    const random = createRandom(character)
    const updates = Array.from({ length: insertions }, (_, index) => {
      replica.insert(integer(random, start.length + index), character)
      return replica.take()
    })
    return { replica, updates }
  }
  return [side(left, 'a'), side(right, 'b')]
}
