import type { ContainerDelta, Document, DocumentEvent, JsonValue, VersionVector } from '../../../crdt/index.ts'
import type { CarriedDocument } from '../../../node/peer/index.ts'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { Changed, DocumentItem } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { bodyName, findDocument, metaName, onRewritten, openKnown, openOrCreate } from './named-document.ts'
import { StreamOfItems } from './stream-of-items.ts'

/** Characters of text in one chunk. */
const sliceLength = 64 * 1024

export function documentOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    'doc.create': (call) => create(running, call),
    'doc.list': async (call) => {
      for (const document of running.peer.documents.list()) await call.item(documentItem(document))
    },
    'doc.text': (call) => sendText(running, call),
    'doc.get': (call) => get(running, call),
    'doc.set': (call) => set(running, call),
    'doc.watch': (call) => watch(running, call),
  }
}

async function create(running: RunningPeer, { fields, signal }: Call): Promise<Changed> {
  const known = findDocument(running, fields.text('name')) !== undefined
  const { name, id, document } = await openOrCreate(running, fields.text('name'))
  await running.peer.documents.saved(document, { signal })
  return { name, id, changed: !known }
}

async function sendText(running: RunningPeer, call: Call): Promise<{ readonly name: string; readonly id: string }> {
  const { name, id, document } = await openKnown(running, call.fields.text('name'))
  const text = document.text(bodyName).toString()
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + sliceLength)
    // Half a pair has no encoding.
    if (end < text.length && isLow(text.charCodeAt(end))) end--
    await call.chunk(Buffer.from(text.slice(at, end)))
    at = end
  }
  return { name, id }
}

async function get(running: RunningPeer, { fields }: Call): Promise<unknown> {
  const { name, id, document } = await openKnown(running, fields.text('name'))
  const content = document.toJSON()
  const path = fields.optionalText('path')
  if (path !== undefined) return { name, id, path, value: walk(content, path) }
  return { name, id, text: document.text(bodyName).toString(), content }
}

async function set(running: RunningPeer, { fields, signal }: Call): Promise<Changed> {
  const { name, id, document } = await openKnown(running, fields.text('name'))
  document.map(metaName).set(fields.text('key'), fields.value('value') as JsonValue)
  await running.peer.documents.saved(document, { signal })
  return { name, id, changed: true }
}

async function watch(running: RunningPeer, call: Call): Promise<void> {
  const { name, id, document } = await openKnown(running, call.fields.text('name'))
  const events = new StreamOfItems<unknown>(call)
  const say = (type: 'watching' | 'rewritten', document: Document): void =>
    events.put({ document: name, type, characters: document.text(bodyName).length })
  const hear = (document: Document): void =>
    document.subscribe((event) => events.put({ document: name, ...plain(event) }), { signal: call.signal })
  onRewritten(running, id, call.signal, (anew) => {
    say('rewritten', anew)
    hear(anew)
  })
  hear(document)
  say('watching', document)
  await events.untilAborted()
}

function plain(event: DocumentEvent): Record<string, unknown> {
  if (event.type === 'rejected') return { type: 'rejected', reason: event.reason, message: event.message }
  return { type: 'changed', origin: event.origin, replicas: event.replicas, deltas: event.deltas.map(plainDelta) }
}

function plainDelta(delta: ContainerDelta): Record<string, unknown> {
  const { container, ...rest } = delta
  const plain = { container: container.id, ...rest }
  return delta.type === 'map' ? { ...plain, keys: Object.fromEntries(delta.keys) } : plain
}

export function documentItem(document: CarriedDocument): DocumentItem {
  const { id, name, version, pending, waiting } = document
  return { id, name, operations: total(version), pending, waiting }
}

function total(version: VersionVector): number {
  let operations = 0
  for (const [, count] of version) operations += count
  return operations
}

/** @param path names with slashes between them: `meta/title` */
function walk(content: JsonValue, path: string): JsonValue {
  let value: JsonValue | undefined = content
  for (const part of path.split('/').filter((name) => name !== '')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
      throw new Failure('not-found', `The document has nothing at ${JSON.stringify(path)}`)
    }
    value = (value as Readonly<Record<string, JsonValue>>)[part] as JsonValue
  }
  return value
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
