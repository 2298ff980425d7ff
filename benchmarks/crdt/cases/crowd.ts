import type { Case } from '../cases.ts'
import { byteLength, type Replica } from '../library.ts'
import { check, elapsed } from '../measuring.ts'

const writers = 1540

/** As many replicas each make one edit at the same time, of one text or one key of a map (B3.5, B3.1). */
export const crowd: Case = ({ library }, variant) => {
  if (variant === 'map' && library.create(0).map === undefined) return undefined
  const write = (replica: Replica, number: number): void => {
    if (variant === 'map') replica.map?.set('v', number)
    else replica.insert(0, String(number).padEnd(8, 'z'))
  }
  const updates = Array.from({ length: writers }, (_, number) => {
    const replica = library.create(number)
    replica.track()
    write(replica, number)
    const update = replica.take()
    replica.free?.()
    return update
  })
  const [streamed, batched] = [library.create(writers), library.create(writers + 1)]
  const milliseconds = elapsed(() => {
    for (const update of updates) streamed.receive(update)
  })
  const batchMilliseconds = elapsed(() => batched.receiveAll(updates))
  if (variant === 'map') check(streamed.map?.get('v') === batched.map?.get('v'), 'many at once give another value')
  else check(streamed.text().length === 8 * writers && batched.text() === streamed.text(), 'the text is another one')
  return {
    milliseconds,
    batchMilliseconds,
    wireBytes: updates.reduce((sum, update) => sum + byteLength(update), 0) / writers,
    bytes: streamed.encode().length,
  }
}
