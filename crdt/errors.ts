import type { VersionVector } from '../node/protocol/index.ts'

/** Bytes that no document wrote: truncated, changed on the way, or of a format this version does not read. */
export class DecodeError extends Error {
  override readonly name: 'DecodeError' = 'DecodeError'
}

/** A transaction is one change and has to fit in one. It was rolled back: nothing of it was kept. */
export class TransactionTooLargeError extends Error {
  override readonly name: 'TransactionTooLargeError' = 'TransactionTooLargeError'
  readonly limit: number
  readonly unit: 'bytes' | 'operations'

  constructor(limit: number, unit: 'bytes' | 'operations') {
    super(`Cannot commit the transaction: it holds more than ${limit} ${unit}; split it into several`)
    this.limit = limit
    this.unit = unit
  }
}

/** One plain value, key or name is larger than a document keeps. */
export class ValueTooLargeError extends Error {
  override readonly name: 'ValueTooLargeError' = 'ValueTooLargeError'
  readonly limitBytes: number

  constructor(what: string, limitBytes: number) {
    super(`Cannot keep the ${what}: it is larger than ${limitBytes} bytes`)
    this.limitBytes = limitBytes
  }
}

/** Something was asked for as a container of one type, and is of another, or (see `schema/`) is no container. */
export class ContainerTypeError extends Error {
  override readonly name: 'ContainerTypeError' = 'ContainerTypeError'
  readonly container: string
  readonly wanted: string
  readonly found: string

  constructor(container: string, wanted: string, found: string) {
    super(`Cannot open ${JSON.stringify(container)} as a ${wanted}: this document has it as a ${found}`)
    this.container = container
    this.wanted = wanted
    this.found = found
  }
}

/** History is wanted that was dropped (see `compact`): here, or in the bytes that were to be merged. */
export class HistoryDroppedError extends Error {
  override readonly name: 'HistoryDroppedError' = 'HistoryDroppedError'
  /** For each replica how many of its operations were dropped. */
  readonly dropped: VersionVector

  constructor(wish: string, cause: string, dropped: VersionVector) {
    super(`Cannot ${wish}: ${cause}`)
    this.dropped = dropped
  }
}
