/** What the parent asks of one of the two processes. Each order is answered once. */
export type Order =
  /** Answered with the writer's address. */
  | { readonly type: 'write'; readonly directory: string }
  | { readonly type: 'replicate'; readonly directory: string; readonly address: string }
  /** Answered when the writer, too, knows that the replica is there. */
  | { readonly type: 'joined' }
  /** Writes operations of these numbers, as fast as the library takes them. Answered with when it began. */
  | { readonly type: 'put'; readonly first: number; readonly count: number }
  /** Waits, at most so long, until the replica's user has heard of so many operations. */
  | { readonly type: 'see'; readonly count: number; readonly patience: number }
  | { readonly type: 'usage' }

export interface Seen {
  readonly count: number
  /** When the last of them was seen. */
  readonly at: number
}

export interface Usage {
  /** User and system, seconds since the process started. */
  readonly cpu: number
  readonly rssMebibytes: number
}

/** Milliseconds on CLOCK_MONOTONIC, which all processes of a machine share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
