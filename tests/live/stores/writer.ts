// A process of its own that appends until it is killed: `node writer.ts DIRECTORY [RUN [USER]]`. It says what was
// acknowledged.
import { writeSync } from 'node:fs'
import { openSqliteStore } from '../../../node/stores/sqlite/index.ts'
import type { DocumentId } from '../../../node/protocol/index.ts'

const [directory = '', run = '0', user] = process.argv.slice(2)
if (user !== undefined) process.setuid?.(Number(user))

function say(word: string): void {
  writeSync(1, `${word}\n`)
}

try {
  const store = await openSqliteStore(directory)
  store.subscribe((event) => say(event.type))
  const { counter } = await store.lease()
  say(`counter ${counter}`)
  for (let sequence = 0; ; sequence += 3) {
    const writes = [0, 1, 2].map(async (lane) => {
      const sets = [0, 1, 2].map((fragment) => ({
        document: run.padStart(64, '0') as DocumentId,
        replica: `lane ${lane}`,
        sequence,
        fragment,
        bytes: new Uint8Array(50 + ((sequence * 37 + lane * 1_001) % 3_000)).fill(sequence % 251),
      }))
      await store.append(sets)
      say(`kept ${lane} ${sequence}`)
    })
    await Promise.all(writes)
  }
} catch (error) {
  say(`error ${error}`)
}
