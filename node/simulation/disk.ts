import { integer, type Random } from '../protocol/index.ts'

/**
 * The disk of one simulated peer: entries by protocol, in the order they were written. What is not flushed when the
 * peer crashes is lost, except for a prefix that happens to have got there: kept, though nobody was told so.
 */
export class Disk {
  readonly #kept = new Map<string, unknown[]>()
  readonly #unflushed: { readonly protocol: string; readonly entry: unknown }[] = []

  write(protocol: string, entry: unknown): void {
    this.#unflushed.push({ protocol, entry })
  }

  /** The oldest entry that was not flushed now is. */
  flushOne(): void {
    const write = this.#unflushed.shift()
    if (write === undefined) return
    const entries = this.#kept.get(write.protocol)
    if (entries === undefined) this.#kept.set(write.protocol, [write.entry])
    else entries.push(write.entry)
  }

  flushAll(): void {
    while (this.#unflushed.length > 0) this.flushOne()
  }

  crash(random: Random): void {
    const survivors = integer(random, this.#unflushed.length + 1)
    for (let count = 0; count < survivors; count++) this.flushOne()
    this.#unflushed.length = 0
  }

  wipe(): void {
    this.#kept.clear()
    this.#unflushed.length = 0
  }

  entries(protocol: string): readonly unknown[] {
    return this.#kept.get(protocol) ?? []
  }
}
