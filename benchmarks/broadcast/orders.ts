import type { Kind } from './nodes.ts'

/** What publishers do. Message n is published by peer n modulo all peers, so that publishers take turns. */
export type Load =
  /** Messages a second, of all peers together. */
  | { readonly type: 'rate'; readonly rate: number }
  /** So many messages are always under way: who is given message n publishes message n + window if it is its turn. */
  | { readonly type: 'window'; readonly window: number }

export interface Run {
  /** Tells messages of one run from stragglers of the one before. */
  readonly number: number
  readonly load: Load
  /** Of a message. */
  readonly bytes: number
  /** Of the clock that all processes of this machine share (process.hrtime), in nanoseconds. */
  readonly start: bigint
  /** Milliseconds. */
  readonly length: number
}

export interface PeerAddress {
  readonly id: string
  readonly address: string
}

/** What the parent asks of a worker. Each order is answered once. */
export type Order =
  | { readonly type: 'create'; readonly kind: Kind; readonly count: number }
  /** Place of each own peer among all, and whom each of them dials. */
  | {
      readonly type: 'connect'
      readonly all: readonly PeerAddress[]
      readonly places: readonly number[]
      readonly links: readonly (readonly number[])[]
    }
  | { readonly type: 'run'; readonly run: Run }
  | { readonly type: 'progress' }
  | { readonly type: 'state' }
  | { readonly type: 'outcome' }

/** What one worker has used and carried since it started. */
export interface State {
  /** User and system, microseconds. */
  readonly cpu: number
  /** Copies of messages that came to its peers. */
  readonly copies: number
  /** Read from its sockets: copies, control messages, encryption and multiplexing together. */
  readonly bytes: number
  /** Of each of its peers. */
  readonly neighbours: readonly number[]
}

export interface Outcome {
  /** Numbers of the messages that its peers published. */
  readonly published: Uint32Array
  /** Numbers of the messages that its peers were told of, one entry for each peer and message. */
  readonly told: Uint32Array
  /** From publication to that, milliseconds. */
  readonly latencies: Float64Array
  /** Messages that a peer was told of more than once. */
  readonly repeated: number
}
