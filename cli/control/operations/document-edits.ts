import { limits, type Document } from '../../../crdt/index.ts'
import { EditedBase } from '../../documents/edited-base.ts'
import { diffText, type Splice } from '../../documents/text-diff.ts'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { Changed, Imported } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { collect } from './collected-input.ts'
import { bodyName, onRewritten, openKnown, openOrCreate } from './named-document.ts'

/** Largest text that is imported, in bytes. */
const importLimitBytes = 64 * 1024 * 1024

/** Characters of one insertion, where a text is larger than a transaction may be. */
const pieceLength = 1024 * 1024

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function editOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    'doc.import': async (call): Promise<Imported> => {
      const bytes = await collect(call, importLimitBytes, tooLarge)
      const text = decode(bytes)
      const { name, id, document } = await openOrCreate(running, call.fields.text('name'))
      const changed = replaceText(document, text)
      await running.peer.documents.saved(document, { signal: call.signal })
      return { name, id, changed, bytes: bytes.length }
    },
    'doc.replace': async (call): Promise<Changed> => {
      const text = decode(await collect(call, importLimitBytes, tooLarge))
      const { name, id, document } = await openKnown(running, call.fields.text('name'))
      const changed = replaceText(document, text)
      await running.peer.documents.saved(document, { signal: call.signal })
      return { name, id, changed }
    },
    'doc.edit': (call) => edit(running, call),
  }
}

/** Sends the text, waits for what the editor made of it, and applies the difference to what the text is by then. */
async function edit(running: RunningPeer, call: Call): Promise<Changed> {
  const opened = await openOrCreate(running, call.fields.text('name'))
  const { name, id } = opened
  let { document } = opened
  const before = document.text(bodyName).toString()
  const base = new EditedBase(before.length)
  followText(base, document, call.signal)
  onRewritten(running, id, call.signal, (anew) => {
    base.splice(diffText(document.text(bodyName).toString(), anew.text(bodyName).toString()))
    document = anew
    followText(base, anew, call.signal)
  })
  await call.item({ text: before })
  const after = decode(await collect(call, importLimitBytes, tooLarge))
  const splices = base.rebase(diffText(before, after))
  applySplices(document, splices)
  await running.peer.documents.saved(document, { signal: call.signal })
  return { name, id, changed: splices.length > 0 }
}

function followText(base: EditedBase, document: Document, signal: AbortSignal): void {
  const { id } = document.text(bodyName)
  document.subscribe(
    (event) => {
      if (event.type !== 'changed') return
      for (const delta of event.deltas) if (delta.type === 'text' && delta.container.id === id) base.apply(delta.delta)
    },
    { signal },
  )
}

/** @returns whether anything had to be changed */
function replaceText(document: Document, text: string): boolean {
  const splices = diffText(document.text(bodyName).toString(), text)
  applySplices(document, splices)
  return splices.length > 0
}

/** In one transaction, or where they are more than one may hold, piece by piece: importing again completes it. */
function applySplices(document: Document, splices: readonly Splice[]): void {
  const body = document.text(bodyName)
  // From the end to the start, so that the indices in front stay right.
  const fromEnd = splices.toReversed()
  const inserted = splices.reduce((sum, { text }) => sum + text.length, 0)
  if (inserted * 3 < limits.changeBytes - splices.length * 16 - 4096) {
    document.transact(() => fromEnd.forEach(({ index, count, text }) => body.replace(index, count, text)))
    return
  }
  for (const { index, count, text } of fromEnd) {
    if (count > 0) body.delete(index, count)
    for (let at = 0; at < text.length;) {
      let end = Math.min(text.length, at + pieceLength)
      if (end < text.length && isLow(text.charCodeAt(end))) end--
      body.insert(index + at, text.slice(at, end))
      at = end
    }
  }
}

function tooLarge(): Failure {
  return new Failure('too-large', `The text is larger than ${importLimitBytes} bytes, the most a document takes in`)
}

function decode(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes)
  } catch (cause) {
    throw new Failure('not-text', 'The input is not UTF-8 text, and a document holds nothing else', {
      cause,
      hint: 'Convert it first, for example with: iconv -f ISO-8859-1 -t UTF-8',
    })
  }
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
