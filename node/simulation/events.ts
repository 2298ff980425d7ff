/** What can happen next. Numbers, since the queue keeps its events in columns; they enter the trace hash too. */
export const eventKind = {
  /** A message arrives. `other` sent it; the payload is what the wire carried. */
  deliver: 1,
  /** A timer, the payload, expires. */
  expire: 2,
  /** A ticket, `other`, is answered with the payload. */
  answer: 3,
  /** A bulk message to `other` has left the wire. */
  credit: 4,
  /** The peer can reach `other`. */
  link: 5,
  /** The wire from the peer to `other` has been cut for a while. */
  linkTimeout: 6,
  /** `other` is gone. */
  unlink: 7,
  /** The payload is called. */
  act: 8,
  /** A slow peer has handled a message of `other`. */
  handle: 9,
  /** The payload, a partition, has stood for a while. */
  partitionTimeout: 10,
} as const

/** An event out of the queue, for whoever has to keep it. */
export interface HeldEvent {
  readonly kind: number
  readonly peer: number
  readonly other: number
  readonly session: number
  readonly protocol: number
  readonly payload: unknown
}
