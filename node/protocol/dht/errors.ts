import type { Key } from './key.ts'

/** No peer could be found that is responsible for a key. */
export class LookupFailedError extends Error {
  override readonly name: 'LookupFailedError' = 'LookupFailedError'
  readonly key: Key
  /** Peers that answered on the way. */
  readonly hops: number

  constructor(key: Key, hops: number, reason: string) {
    super(`Cannot find who is responsible for the key ${key.slice(0, 12)}…: ${reason}`)
    this.key = key
    this.hops = hops
  }
}

/** Too few replicas answered. What some of them did is not undone: a put may still be found by a later get. */
export class QuorumFailedError extends Error {
  override readonly name: 'QuorumFailedError' = 'QuorumFailedError'
  readonly key: Key
  readonly answered: number
  readonly wanted: number

  constructor(key: Key, answered: number, wanted: number, act: 'read' | 'write') {
    super(`Cannot ${act} the key ${key.slice(0, 12)}…: ${answered} replicas answered, ${wanted} are needed`)
    this.key = key
    this.answered = answered
    this.wanted = wanted
  }
}

/** Somebody holds a newer version of an owned record, so this one was not taken. */
export class StaleRecordError extends Error {
  override readonly name: 'StaleRecordError' = 'StaleRecordError'
  readonly key: Key
  /** Of the newer one. */
  readonly sequence: number

  constructor(key: Key, sequence: number) {
    super(`Cannot write the key ${key.slice(0, 12)}…: there is a version with the sequence number ${sequence} already`)
    this.key = key
    this.sequence = sequence
  }
}
