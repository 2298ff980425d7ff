import type { VersionVector } from '../../../crdt/index.ts'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import { chunkSize } from '../client.ts'
import type { Restored } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { collect } from './collected-input.ts'
import { openKnown } from './named-document.ts'

/** Largest file that is taken in, in bytes. */
const restoreLimitBytes = 512 * 1024 * 1024

/** Documents with their whole history, as files. */
export function documentFileOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    'doc.backup': (call) => backup(running, call),
    'doc.restore': (call) => restore(running, call),
  }
}

async function backup(running: RunningPeer, call: Call): Promise<{ readonly name: string; readonly id: string }> {
  const { name, id, document } = await openKnown(running, call.fields.text('name'))
  const file = await running.peer.documents.exportDocument(document, { signal: call.signal })
  for (let at = 0; at < file.length; at += chunkSize) await call.chunk(file.subarray(at, at + chunkSize))
  return { name, id }
}

async function restore({ peer }: RunningPeer, call: Call): Promise<Restored> {
  const file = await collect(call, restoreLimitBytes, tooLarge)
  const versions = (): Map<string, VersionVector> =>
    new Map(peer.documents.list().map(({ id, version }) => [id, version]))
  const before = versions()
  const { id, name = id, changeSets } = await peer.documents.importDocument(file, { signal: call.signal })
  const [was, is] = [before.get(id), versions().get(id)]
  const changed = was === undefined || is === undefined || !is.equals(was)
  return { name, id, changed, changeSets, bytes: file.length }
}

function tooLarge(): Failure {
  return new Failure('too-large', `The file is larger than ${restoreLimitBytes} bytes, the most that is taken in`)
}
