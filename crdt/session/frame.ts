/**
 * A frame is a row of records, one a change. Each begins with a head: what it does in the low three bits, and flags for
 * what follows in this order: dependencies, time, container.
 */
export const does = {
  /** One ASCII character where the sender's last edit ended: the character. */
  type: 0,
  /** One unit is deleted there: nothing. */
  delete: 1,
  /** One unit is deleted in front of there: nothing. */
  backspace: 2,
  /** Text anywhere: how far from there (zigzag), the text. */
  insert: 3,
  /** Units are deleted anywhere: how far from there (zigzag), how many. */
  remove: 4,
  /** Anything: how many operations, and their bytes, self-contained. */
  other: 5,
  /** One operation on a container that is no sequence: its kind, its fields. */
  plain: 7,
  /** Begins a session: format, replica, sequence number of the first operation. */
  open: 6,
} as const

export const flags = {
  /** Made on more than the replica's own operation before. */
  dependencies: 8,
  /** Made at another time than the one before. */
  time: 16,
  /** On another container than the edit before. */
  container: 32,
} as const

/** The byte behind the first head. */
export const sessionFormat = 1
