import { integer, type Random } from '../protocol/index.ts'

/**
 * What a write that was under way at a crash has left of an entry.
 *
 * @returns part of it, or undefined where nothing is left. It must not change the entry
 */
export type Tear = (protocol: string, entry: unknown, random: Random) => unknown

/**
 * The disk of one simulated peer: entries by protocol, in the order they were written. What is not flushed when the
 * peer crashes is lost, except for a prefix that happens to have got there: kept, though nobody was told so. Of the entry
 * after it, `tear` may leave a part.
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
    if (write !== undefined) this.#keep(write.protocol, write.entry)
  }

  flushAll(): void {
    while (this.#unflushed.length > 0) this.flushOne()
  }

  crash(random: Random, tear?: Tear): void {
    const survivors = integer(random, this.#unflushed.length + 1)
    for (let count = 0; count < survivors; count++) this.flushOne()
    const [torn] = this.#unflushed
    const rest = torn && tear?.(torn.protocol, torn.entry, random)
    if (torn !== undefined && rest !== undefined) this.#keep(torn.protocol, rest)
    this.#unflushed.length = 0
  }

  wipe(): void {
    this.#kept.clear()
    this.#unflushed.length = 0
  }

  entries(protocol: string): readonly unknown[] {
    return this.#kept.get(protocol) ?? []
  }

  #keep(protocol: string, entry: unknown): void {
    const entries = this.#kept.get(protocol)
    if (entries === undefined) this.#kept.set(protocol, [entry])
    else entries.push(entry)
  }
}
