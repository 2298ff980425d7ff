import { MalformedMessageError } from '../node/protocol/index.ts'
import type { ContainerRegistry } from './container-registry.ts'
import { ChunkReader, isText } from './encoding/chunk.ts'
import type { ReceivedSlice } from './encoding/chunk-head.ts'
import { textOf } from './encoding/packed-text.ts'
import { sliceRecorded, type RecordedOperation } from './encoding/recorded-operation.ts'
import { DecodeError } from './errors.ts'
import type { Executor } from './executor.ts'
import type { History } from './history/history.ts'
import type { TextArena } from './history/text-arena.ts'
import { rowKind, type Row } from './history/operation-log.ts'
import type { Operation } from './operation.ts'
import { Tracker } from './sequence/tracker.ts'
import { Stamp } from './stamp.ts'
import { Text } from './containers/text.ts'
import { findFault } from './validation.ts'

/**
 * Fills an empty document from a snapshot. Texts are taken as they are shown; how they came to be is read when somebody
 * asks. @throws MalformedMessageError
 */
export function loadSnapshot(
  bytes: Uint8Array,
  reader: ChunkReader,
  history: History,
  registry: ContainerRegistry,
  executor: Executor,
): void {
  for (const slice of reader.head.slices) placeSlice(slice, history)
  reader.readValues((operation, position, count) => loadValue(operation, position, count, history, registry, executor))
  let texts = 0
  for (const [id, stored] of reader.readTexts()) {
    const text = id.startsWith('text/') ? registry.reach(id) : registry.find(id)
    if (!(text instanceof Text)) throw new MalformedMessageError('A text that nobody has created')
    registry.markWritten(id)
    text.load(stored)
    texts++
  }
  if (texts === 0) {
    reader.readTextOperations(() => {
      throw new MalformedMessageError('An edit of a text that is not shown')
    })
    return
  }
  const saved = bytes.slice()
  history.log.expect(history.graph.size, () => {
    try {
      complete(saved, history)
    } catch (cause) {
      throw new DecodeError('Cannot read the history of the document: it does not fit what it shows', { cause })
    }
  })
}

function placeSlice({ replica, sequence, count, goesOn, dependencies, bounds }: ReceivedSlice, history: History): void {
  const { graph } = history
  const agent = graph.agentOf(replica)
  const parents = dependencies.map((dot) => {
    const number = history.numberOf(dot)
    if (number === undefined) throw new MalformedMessageError('Operations in front of what they were made on')
    return number
  })
  if (sequence !== graph.counts[agent]) throw new MalformedMessageError('Operations that are missing')
  if (goesOn) parents.push(graph.lastOf(agent))
  let start = graph.add(
    agent,
    count,
    parents.sort((left, right) => left - right),
  )
  for (const { count, changes, time } of bounds) {
    history.bounds.add(start, count, time, changes)
    start += count * changes
  }
}

function loadValue(
  operation: RecordedOperation,
  position: number,
  count: number,
  history: History,
  registry: ContainerRegistry,
  executor: Executor,
): void {
  const { graph } = history
  const { agent, start, sequence, linear } = graph.entryOf(position)
  if (operation.type === 'opaque') {
    history.note(operation, position, 0, start < position)
    return
  }
  for (const { start: from, count: length } of history.bounds.between(position, position + count)) {
    const begin = Math.max(from, position)
    const units = Math.min(from + length, position + count) - begin
    const part = sliceRecorded(operation, begin - position, units) as Operation
    const stamp = new Stamp(graph, agent, begin, sequence + begin - start, linear, graph.parentsOf(begin))
    const fault = findFault([part], units, stamp, registry, graph)
    if (fault !== undefined) throw new MalformedMessageError(fault)
    executor.execute(part, stamp)
    if (operation.type !== 'sequence-delete' && operation.type !== 'backspace') return
  }
}

/** Reads how the texts of a snapshot came to be: puts the rows in, and finds what each inserted. */
function complete(bytes: Uint8Array, history: History): void {
  const { log, graph, containers } = history
  const reader = new ChunkReader(bytes)
  reader.readValues(() => undefined)
  const shown = new Map(reader.readTexts())
  let length = 0
  for (const stored of shown.values()) length += 'text' in stored ? stored.text.length : stored.ascii.length
  const rows: Row[] = []
  const trackers = new Map<number, Tracker>()
  let total = 0
  const deletedText = reader.readTextOperations((operation, start, count) => {
    if (!('container' in operation) || !isText(operation.container)) throw new MalformedMessageError('No text')
    if (!('index' in operation)) throw new MalformedMessageError('No operation on a text')
    const { type, index } = operation
    const container = containers.number(operation.container)
    let tracker = trackers.get(container)
    if (tracker === undefined) trackers.set(container, (tracker = new Tracker(graph, -1, 0)))
    const kind = type === 'text-insert' ? rowKind.text : type === 'backspace' ? rowKind.backspace : rowKind.delete
    const row = { start, kind, container, index, count, offset: total, before: tracker.now }
    if (kind === rowKind.text) total += count
    rows.push(row)
    tracker.apply(row)
  }, length)
  const deleted: [number, number][] = []
  const shownText = (container: number): string => textOf(shown.get(containers.id(container)) ?? { text: '' })
  for (const [container, tracker] of trackers) {
    if (shownText(container).length !== tracker.now) throw new MalformedMessageError('Not the text its history makes')
    for (const range of tracker.deleted()) deleted.push(range)
  }
  const base = log.text.reserve(total)
  weave(
    history,
    rows.map((row) => (row.kind === rowKind.text ? { ...row, offset: row.offset + base } : row)),
  )
  for (const [container, tracker] of trackers) {
    const text = shownText(container)
    tracker.visible((from, count, index) => fill(history, from, text.slice(index, index + count)))
  }
  let taken = 0
  for (const [from, to] of deleted.sort(([left], [right]) => left - right)) {
    fill(history, from, deletedText.slice(taken, taken + to - from))
    taken += to - from
  }
}

/** Tells the log what some operations have inserted. They may be in several rows. */
function fill({ log }: History, from: number, text: string): void {
  for (const row of log.between(from, from + text.length)) {
    log.text.fill(row.offset, text.slice(row.start - from, row.start - from + row.count))
  }
}

/** Puts the rows of texts among the others. What was typed on since the document was loaded goes on where they end. */
function weave(history: History, texts: readonly Row[]): void {
  const { log, graph } = history
  const rows = Array.from({ length: log.size }, (_, row) => log.at(row))
  const early = rows.filter(({ start }) => start < log.loaded)
  log.replace([...early, ...texts].sort((left, right) => left.start - right.start))
  for (const row of rows.slice(early.length)) {
    const goesOn = graph.entryOf(row.start).start < log.loaded
    if (goesOn && row.kind < rowKind.move && row.kind !== rowKind.items) noteAgain(history, row)
    else log.push(row.kind === rowKind.text ? { ...row, offset: moveToEnd(log.text, row) } : row)
  }
}

/** What goes on in a row has to stand behind its text. */
function moveToEnd(text: TextArena, { offset, count }: Row): number {
  return text.append(text.slice(offset, offset + count))
}

/** Change by change, as it was noted first. */
function noteAgain(history: History, row: Row): void {
  const end = row.start + row.count
  let { before } = row
  for (const { start, count } of history.bounds.between(row.start, end)) {
    const from = Math.max(start, row.start)
    const to = Math.min(start + count, end)
    const recorded = history.read(row, from, to)[0] as RecordedOperation
    history.note(sliceRecorded(recorded, 0, to - from), from, before, true)
    before += row.kind === rowKind.text ? to - from : from - to
  }
}
