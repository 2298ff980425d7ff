import { fromString } from 'uint8arrays'
import {
  ByteWriter,
  Recorder,
  type BroadcastMessage,
  type DocumentId,
  type Effect,
  type PeerId,
  type Ticket,
} from '../../../node/protocol/index.ts'
import {
  authorReplicaId,
  encodeChangeSet,
  hashBody,
  replicatorDefinition,
  sealChangeSet,
  type ChangeSet,
  type Replicator,
  type ReplicatorEntry,
  type ReplicatorEvent,
  type ReplicatorMessage,
  type ReplicatorTimer,
  type SealedChangeSet,
  type ToldSummary,
} from '../../../crdt/replicator/index.ts'
import type { Change } from '../../../crdt/index.ts'

export const alice: Uint8Array = new Uint8Array(32).fill(1)
export const bob: Uint8Array = new Uint8Array(32).fill(2)
export const neighbour: PeerId = 'neighbour' as PeerId
const zeros = new Uint8Array(32)
/** The summary of who has nothing. */
export const nothing: ToldSummary = { idLength: 16, chains: new Map(), proofs: [] }

export type ReplicatorEffect = Effect<ReplicatorMessage, ReplicatorTimer, ReplicatorEvent, ReplicatorEntry>

export interface StageOptions {
  readonly entries?: ReplicatorEntry[]
  readonly broadcast?: boolean
  readonly self?: string
}

/** A replicator by itself; the test is the network, the disk and the signer. */
export class Stage {
  readonly recorder: Recorder<ReplicatorMessage, ReplicatorTimer, ReplicatorEvent, ReplicatorEntry>
  readonly published: { readonly topic: string; readonly bytes: Uint8Array }[] = []
  readonly topics = new Map<string, (message: BroadcastMessage) => void>()
  readonly core: Replicator
  readonly document: DocumentId

  /** What the core has told its host, in `hear` and `speak`. */
  readonly events: ReplicatorEvent[] = []

  constructor({ entries, broadcast = true, self = 'me' }: StageOptions = {}) {
    this.recorder = new Recorder({ self, author: alice })
    this.core = this.recorder.run(
      replicatorDefinition(),
      {
        network: 'test',
        author: { key: alice, counter: 0, replica: authorReplicaId(alice, 0) },
        sample: () => [],
        broadcast: () =>
          broadcast
            ? {
                publish: (topic, bytes) => void this.published.push({ topic, bytes }),
                subscribe: (topic, listener) => void this.topics.set(topic, listener),
              }
            : undefined,
      },
      entries,
    )
    this.document = this.core.carry({ kind: 'named', network: 'test', name: 'notes' })
    // Nobody is connected to hear of it.
    this.recorder.advance(1000)
    this.recorder.take()
  }

  change(sequence: number, fields: Partial<Change> = {}): Change {
    const operations = fromString(`operation ${sequence}`)
    return {
      replica: authorReplicaId(alice, 0),
      sequence,
      count: 1,
      dependencies: [],
      time: 0,
      operations,
      ...fields,
    }
  }

  /** Answers all tickets given out so far: signatures, then writes. @returns everything else that happened */
  settle(): ReplicatorEffect[] {
    const others: ReplicatorEffect[] = []
    for (let effects = this.recorder.take(); effects.length > 0; effects = this.recorder.take()) {
      for (const effect of effects) {
        if (effect.type === 'sign') this.core.signed(effect.ticket, new Uint8Array(64))
        else if (effect.type === 'write') this.core.written(effect.ticket)
        else others.push(effect)
      }
    }
    return others
  }

  /** Hands a set in and says whether its signature holds. @returns what happened then */
  arrive(set: SealedChangeSet, valid = true): ReplicatorEffect[] {
    this.core.receive({ type: 'sets', sets: [set.bytes] }, neighbour)
    const effects = this.recorder.take()
    for (const effect of effects) if (effect.type === 'verify') this.core.verified(effect.ticket, valid)
    return [...effects, ...this.recorder.take()]
  }

  /** A message of another comes in. */
  hear(message: ReplicatorMessage, from: PeerId): void {
    this.core.receive(message, from)
  }

  /** Answers all tickets: every signature is right. @returns what it says to others */
  speak(): ReplicatorMessage[] {
    const said: ReplicatorMessage[] = []
    for (let effects = this.recorder.take(); effects.length > 0; effects = this.recorder.take()) {
      for (const effect of effects) {
        if (effect.type === 'verify') this.core.verified(effect.ticket, true)
        else if (effect.type === 'sign') this.core.signed(effect.ticket, new Uint8Array(64))
        else if (effect.type === 'write') this.core.written(effect.ticket)
        else if (effect.type === 'send') said.push(effect.message)
        else if (effect.type === 'emit') this.events.push(effect.event)
      }
    }
    return said
  }

  /** What was said to one peer, since it was last asked. */
  sent(peer: PeerId): ReplicatorMessage[] {
    return this.recorder.sent().flatMap(({ to, message }) => (to === peer ? [message] : []))
  }

  /** Tells another what is here of the document. */
  compare(peer: PeerId): void {
    this.core.inspect(peer, this.document)
  }

  versionOf(author: Uint8Array): number {
    return this.core.version(this.document)!.get(authorReplicaId(author, 0))
  }
}

/** A chain of sets as another author would write it. */
export class Chain {
  #previous: Uint8Array = zeros
  #sequence = 0
  readonly #document: DocumentId
  readonly #author: Uint8Array

  constructor(document: DocumentId, author: Uint8Array) {
    this.#document = document
    this.#author = author
  }

  get head(): Uint8Array {
    return this.#previous
  }

  next(fields: Partial<ChangeSet> = {}): SealedChangeSet {
    const set: ChangeSet = {
      document: this.#document,
      author: this.#author,
      counter: 0,
      replica: authorReplicaId(this.#author, 0),
      sequence: this.#sequence,
      count: 1,
      fragment: 0,
      continues: false,
      previous: this.#previous,
      dependencies: [],
      time: 0,
      accessHead: new Uint8Array(),
      keyEpoch: 0,
      operations: operations(1),
      extensions: [],
      ...fields,
    }
    const body = encodeChangeSet(set)
    const hash = hashBody(body)
    this.#previous = hash
    this.#sequence = set.sequence + set.count
    return sealChangeSet(set, body, hash, new Uint8Array(64))
  }
}

/** One change with one operation of that many bytes. */
export function operations(length: number): Uint8Array {
  return new ByteWriter().varint(1).varint(1).bytes(new Uint8Array(length)).finish()
}

export function ticketOf(effect: ReplicatorEffect | undefined): Ticket {
  if (effect === undefined || !('ticket' in effect)) throw new Error('the core asked for nothing that is answered')
  return effect.ticket
}

export function reasons(effects: readonly ReplicatorEffect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === 'emit' && effect.event.type === 'rejected' ? [effect.event.reason] : [],
  )
}
