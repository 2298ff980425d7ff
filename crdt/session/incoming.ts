import { ByteReader, MalformedMessageError } from '../../node/protocol/index.ts'
import { greatestTime, type Change, type Dot } from '../change.ts'
import { parseContainerId } from '../container-id.ts'
import type { ContainerId } from '../container.ts'
import { readZigzag } from '../encoding/integer-column.ts'
import { DecodeError } from '../errors.ts'
import type { Visible } from '../event.ts'
import { limits } from '../limits.ts'
import { countUnits, encodeOperations, isOnSequence, nobody, readFields, type Operation } from '../operation.ts'
import { isReplicaId, type ReplicaId } from '../replica-id.ts'
import { does, flags, sessionFormat } from './frame.ts'

/** The receiving end of a session, one for each sender. */
export interface Incoming {
  /**
   * Takes in the next frame. What depends on changes not yet here waits, within the limits.
   *
   * @throws DecodeError when the frame is damaged, or does not follow the ones before. The session is over then
   */
  receive(frame: Uint8Array): Visible
}

/** A change as a session tells it: mostly one edit, which need not be encoded first. */
export interface SessionChange extends Omit<Change, 'operations'> {
  readonly operation: Operation | undefined
  readonly operations: Uint8Array | undefined
}

/** Names that one session may introduce. */
const nameLimit = 65_536

/** Reads the frames of one sender. */
export class FrameReader {
  readonly #replicas: ReplicaId[] = []
  readonly #sequences = new Map<ReplicaId, number>()
  readonly #containers: ContainerId[] = []
  #replica: ReplicaId | undefined
  #sequence = 0
  #container: ContainerId | undefined
  #cursor = 0
  #time = 0
  #broken = false

  /** @throws DecodeError */
  read(frame: Uint8Array): SessionChange[] {
    if (this.#broken) throw new DecodeError('Cannot read the frame: one before it was damaged')
    this.#broken = true
    try {
      const reader = new ByteReader(frame)
      const changes = [this.#readChange(reader)]
      while (reader.remaining > 0) changes.push(this.#readChange(reader))
      this.#broken = false
      return changes
    } catch (cause) {
      if (!(cause instanceof MalformedMessageError)) throw cause
      throw new DecodeError(`Cannot read the frame: ${cause.message}`, { cause })
    }
  }

  #readChange(reader: ByteReader): SessionChange {
    let head = reader.u8()
    if (head === does.open) {
      this.#open(reader)
      head = reader.u8()
    }
    const replica = this.#replica
    if (replica === undefined) throw new MalformedMessageError('A session that was not begun')
    const dependencies = (head & flags.dependencies) === 0 ? noDots : this.#readDependencies(reader, replica)
    if ((head & flags.time) !== 0) this.#time += readZigzag(reader)
    if (this.#time < 0 || this.#time > greatestTime) throw new MalformedMessageError('A time out of range')
    if ((head & flags.container) !== 0) this.#readContainer(reader)
    const sequence = this.#sequence
    const kind = head & 7
    if (head > 63 || kind === does.open) throw new MalformedMessageError('A record of an unknown kind')
    if (kind === does.other) {
      const count = reader.varint(limits.changeOperations)
      const operations = reader.bytes(limits.changeBytes).slice()
      this.#sequence += count
      return { replica, sequence, count, dependencies, time: this.#time, operation: undefined, operations }
    }
    const operation = this.#readEdit(reader, kind)
    const count = countUnits(operation)
    this.#sequence += count
    return { replica, sequence, count, dependencies, time: this.#time, operation, operations: undefined }
  }

  #open(reader: ByteReader): void {
    if (this.#replica !== undefined) throw new MalformedMessageError('A session that was begun already')
    if (reader.u8() !== sessionFormat) throw new MalformedMessageError('A session of a later version')
    this.#replica = readReplica(reader)
    this.#sequence = reader.varint()
  }

  #readEdit(reader: ByteReader, kind: number): Operation {
    const container = this.#container
    if (container === undefined) throw new MalformedMessageError('An edit of no container')
    if (kind === does.plain) return readPlain(reader, container)
    if (kind === does.type || kind === does.insert) {
      const index = kind === does.type ? this.#cursor : this.#moved(reader)
      const text = kind === does.type ? String.fromCharCode(reader.u8() & 0x7f) : reader.text(limits.changeBytes)
      if (text === '') throw new MalformedMessageError('An insertion of nothing')
      this.#cursor = index + text.length
      return { type: 'text-insert', container, index, text }
    }
    const index = kind === does.remove ? this.#moved(reader) : kind === does.delete ? this.#cursor : this.#cursor - 1
    const count = kind === does.remove ? reader.varint(limits.changeOperations) : 1
    if (count === 0 || index < 0) throw new MalformedMessageError('A deletion of nothing')
    this.#cursor = index
    return { type: 'sequence-delete', container, index, count }
  }

  #moved(reader: ByteReader): number {
    const index = this.#cursor + readZigzag(reader)
    if (index < 0 || !Number.isSafeInteger(index)) throw new MalformedMessageError('An index out of range')
    return index
  }

  #readDependencies(reader: ByteReader, author: ReplicaId): Dot[] {
    let last = ''
    return reader.list(reader.remaining, (reader) => {
      const replica = readName(reader, this.#replicas, readReplica)
      if (replica === author || replica <= last) throw new MalformedMessageError('Dependencies out of order')
      last = replica
      const sequence = (this.#sequences.get(replica) ?? 0) + readZigzag(reader)
      if (sequence < 0 || !Number.isSafeInteger(sequence)) throw new MalformedMessageError('A dependency out of range')
      this.#sequences.set(replica, sequence)
      return { replica, sequence }
    })
  }

  #readContainer(reader: ByteReader): void {
    this.#container = readName(reader, this.#containers, (reader) => {
      const id = reader.text(limits.nameBytes + 128)
      if (parseContainerId(id) === undefined) throw new MalformedMessageError('An edit of no container')
      return id as ContainerId
    })
    this.#cursor = 0
  }
}

function readPlain(reader: ByteReader, container: ContainerId): Operation {
  const operation = readFields(reader, reader.u8(), container, nobody)
  if (isOnSequence(operation)) throw new MalformedMessageError('An edit of a sequence in the wrong place')
  return operation
}

/** @returns the same as it would have come alone */
export function toChange({ operation, operations, ...change }: SessionChange): Change {
  return {
    ...change,
    operations: operations ?? encodeOperations(operation === undefined ? [] : [operation], change.replica),
  }
}

const noDots: readonly Dot[] = []

function readReplica(reader: ByteReader): ReplicaId {
  const text = reader.text(64)
  if (!isReplicaId(text)) throw new MalformedMessageError('A name that is no replica id')
  return text
}

function readName<Name>(reader: ByteReader, names: Name[], read: (reader: ByteReader) => Name): Name {
  const number = reader.varint(Math.min(names.length, nameLimit))
  if (number === names.length) names.push(read(reader))
  return names[number] as Name
}
