import type { CliPeer } from './cli-peer.ts'

/** Between two transactions: 20 a second. */
const pause = 50

/** Writes `[1][2][3]…` into a document, a number in a transaction, and knows which of them are durable. */
export class Typist {
  readonly #document: string
  readonly #acknowledged = new Set<string>()
  readonly #pending = new Set<Promise<void>>()
  #peer: CliPeer | undefined
  #count = 0
  #timer: NodeJS.Timeout | undefined

  constructor(document: string) {
    this.#document = document
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  /** Starts typing there, or goes on there. */
  start(peer: CliPeer): void {
    this.#peer = peer
    this.#timer ??= setInterval(() => this.#type(), pause)
  }

  /** Resolves when every transaction is acknowledged, or has failed with its peer. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await Promise.all(this.#pending)
  }

  /** How many acknowledged transactions a text lacks, or has twice. */
  lacking(text: string): number {
    const found = new Map<string, number>()
    for (const [word] of text.matchAll(/\[\d+\]/g)) found.set(word, (found.get(word) ?? 0) + 1)
    let lacking = 0
    for (const word of this.#acknowledged) if (found.get(word) !== 1) lacking++
    return lacking
  }

  #type(): void {
    const peer = this.#peer
    if (peer === undefined) return
    const word = `[${++this.#count}]`
    const written = peer.append(this.#document, word).then(
      () => void this.#acknowledged.add(word),
      () => {},
    )
    this.#pending.add(written)
    void written.then(() => this.#pending.delete(written))
  }
}
