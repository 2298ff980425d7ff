import { assert, type Instant } from '../protocol/index.ts'

/** 4,096 slots on each wheel: one millisecond wide on the near one, a whole turn of the near one on the far one. */
const slotBits = 12
const slotCount = 1 << slotBits
const slotMask = slotCount - 1
const nearSpan = slotCount
const farSpan = slotCount * slotCount

/** Words of an event in the table: one cache line holds two events. */
const stride = 8
const nextWord = 0
const timeWord = 1
const whatWord = 2
const peerWord = 3
const otherWord = 4
const sessionWord = 5

/** What kind an event is, and the number of the protocol it concerns. */
const kindBits = 8
const kindMask = (1 << kindBits) - 1

const none = -1

/** Lists of events by slot, first in first out, and a map of the slots that have any. */
class Wheel {
  readonly heads: Int32Array = new Int32Array(slotCount).fill(none)
  readonly tails: Int32Array = new Int32Array(slotCount).fill(none)
  readonly #filled = new Int32Array(slotCount / 32)

  /** @returns the first slot from `slot` on that has an event, or -1 */
  first(slot: number): number {
    if (slot >= slotCount) return none
    let index = slot >>> 5
    let word = (this.#filled[index] as number) & (-1 << (slot & 31))
    while (word === 0) {
      if (++index === this.#filled.length) return none
      word = this.#filled[index] as number
    }
    return (index << 5) + 31 - Math.clz32(word & -word)
  }

  fill(slot: number): void {
    this.#filled[slot >>> 5] = (this.#filled[slot >>> 5] as number) | (1 << (slot & 31))
  }

  empty(slot: number): void {
    this.heads[slot] = none
    this.#filled[slot >>> 5] = (this.#filled[slot >>> 5] as number) & ~(1 << (slot & 31))
  }
}

/**
 * Events by time, those of one millisecond in the order in which they were put in: a hierarchical timing wheel (Varghese
 * and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987) of two wheels and a list for what lies hours ahead.
 * Putting and taking cost the same however many events wait. The README of this folder says why the order holds.
 *
 * An event is six words in one table and a payload beside it, not an object: half a million timers that wait are
 * nothing for the garbage collector to walk through. `take` lays the event open in the fields below.
 */
export class EventQueue {
  /** Of the event taken last: what the caller put in. */
  kind = 0
  peer = 0
  other = 0
  session = 0
  protocol = 0
  payload: unknown
  #size = 0
  #table: Int32Array = new Int32Array(1024 * stride)
  readonly #payloads: unknown[] = []
  /** Rows that are not in use, linked by their first word. */
  #free = none
  #rows = 0
  readonly #near = new Wheel()
  readonly #far = new Wheel()
  #later: { readonly time: Instant; readonly row: number }[] = []
  /** No event is due before it. */
  #cursor: Instant = 0
  /** End of what the near wheel covers, and of what the far one does. */
  #nearEnd: Instant = nearSpan
  #farEnd: Instant = farSpan

  get size(): number {
    return this.#size
  }

  /**
   * @param time a whole number of milliseconds, not before the event taken last
   * @param kind 0 to 255
   * @param protocol 0 to 2^23 − 1
   */
  put(
    time: Instant,
    kind: number,
    peer: number,
    other: number,
    session: number,
    protocol: number,
    payload: unknown,
  ): void {
    const row = this.#free === none ? this.#addRow() : this.#free
    const table = this.#table
    const at = row * stride
    this.#free = table[at + nextWord] as number
    table[at + timeWord] = time & (farSpan - 1)
    table[at + whatWord] = (protocol << kindBits) | kind
    table[at + peerWord] = peer
    table[at + otherWord] = other
    table[at + sessionWord] = session
    this.#payloads[row] = payload
    this.#size++
    if (time < this.#nearEnd) {
      assert(time >= this.#cursor, 'nothing is put into the past')
      this.#append(this.#near, time & slotMask, row)
    } else if (time < this.#farEnd) this.#append(this.#far, (time >>> slotBits) & slotMask, row)
    else this.#later.push({ time, row })
  }

  /**
   * @param limit how far to look: nothing is put before it from here on, except at the time that is returned
   * @returns the time of the next event, or Infinity when none is due by then
   */
  next(limit: Instant): Instant {
    for (;;) {
      const slot = this.#near.first(this.#cursor & slotMask)
      if (slot !== none) {
        const time = this.#nearEnd - nearSpan + slot
        if (time > limit) return Infinity
        this.#cursor = time
        return time
      }
      if (!this.#turn(limit)) return Infinity
    }
  }

  /** Takes the event that `next` found. */
  take(): void {
    const slot = this.#cursor & slotMask
    const row = this.#near.heads[slot] as number
    assert(row !== none, 'only what was found is taken')
    const table = this.#table
    const at = row * stride
    const following = table[at + nextWord] as number
    if (following === none) this.#near.empty(slot)
    else this.#near.heads[slot] = following
    const what = table[at + whatWord] as number
    this.kind = what & kindMask
    this.protocol = what >>> kindBits
    this.peer = table[at + peerWord] as number
    this.other = table[at + otherWord] as number
    this.session = table[at + sessionWord] as number
    this.payload = this.#payloads[row]
    this.#payloads[row] = undefined
    table[at + nextWord] = this.#free
    this.#free = row
    this.#size--
  }

  /** The near wheel is done: on to the next turn that has events. @returns whether there is one that begins by then */
  #turn(limit: Instant): boolean {
    const farStart = this.#farEnd - farSpan
    const slot = this.#far.first(((this.#nearEnd - 1 - farStart) >>> slotBits) + 1)
    if (slot === none) return this.#turnFar(limit)
    const start = farStart + slot * nearSpan
    if (start > limit) return false
    this.#cursor = start
    this.#nearEnd = start + nearSpan
    let row = this.#far.heads[slot] as number
    this.#far.empty(slot)
    while (row !== none) {
      const at = row * stride
      const following = this.#table[at + nextWord] as number
      this.#append(this.#near, (this.#table[at + timeWord] as number) & slotMask, row)
      row = following
    }
    return true
  }

  /** The far wheel is done too. */
  #turnFar(limit: Instant): boolean {
    let earliest = Infinity
    for (const { time } of this.#later) earliest = Math.min(earliest, time)
    const start = earliest - (earliest % farSpan)
    if (!(start <= limit)) return false
    this.#cursor = start
    this.#nearEnd = start + nearSpan
    this.#farEnd = start + farSpan
    const waiting = this.#later
    this.#later = []
    for (const entry of waiting) {
      if (entry.time >= this.#farEnd) this.#later.push(entry)
      else if (entry.time < this.#nearEnd) this.#append(this.#near, entry.time & slotMask, entry.row)
      else this.#append(this.#far, (entry.time >>> slotBits) & slotMask, entry.row)
    }
    return true
  }

  #append(wheel: Wheel, slot: number, row: number): void {
    this.#table[row * stride + nextWord] = none
    if (wheel.heads[slot] === none) {
      wheel.heads[slot] = row
      wheel.fill(slot)
    } else this.#table[(wheel.tails[slot] as number) * stride + nextWord] = row
    wheel.tails[slot] = row
  }

  #addRow(): number {
    const row = this.#rows++
    if (row * stride === this.#table.length) {
      const larger = new Int32Array(this.#table.length * 2)
      larger.set(this.#table)
      this.#table = larger
    }
    this.#payloads.push(undefined)
    this.#table[row * stride + nextWord] = none
    return row
  }
}
