import type { PeerId } from '../../node/protocol/index.ts'
import type { MessageId } from './messages.ts'

interface Awaited {
  /** Who says it has it, in the order they are asked. */
  readonly announcers: PeerId[]
  /** How often it was asked for. */
  asked: number
}

/** Most announcers remembered of one message. */
const announcerLimit = 8

/**
 * Messages that were announced and have not come (the missing of Plumtree §3.5). How many one neighbour may cause is
 * counted by the first announcer, so that the flood of one leaves room for the others.
 */
export class AwaitedMessages {
  readonly #awaited = new Map<MessageId, Awaited>()
  readonly #caused = new Map<PeerId, number>()
  readonly #limit: number

  /** @param limit most messages that one peer may cause to be awaited */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns 'new' when nobody has announced it before, 'full' when this announcer may cause no more */
  announced(id: MessageId, from: PeerId): 'new' | 'known' | 'full' {
    const awaited = this.#awaited.get(id)
    if (awaited !== undefined) {
      const { announcers } = awaited
      if (announcers.length < announcerLimit && !announcers.includes(from)) announcers.push(from)
      return 'known'
    }
    const caused = this.#caused.get(from) ?? 0
    if (caused >= this.#limit) return 'full'
    this.#caused.set(from, caused + 1)
    this.#awaited.set(id, { announcers: [from], asked: 0 })
    return 'new'
  }

  /** Whom to ask now; each announcer in turn. @returns undefined when it has come, or was asked for `limit` times */
  nextToAsk(id: MessageId, limit: number): PeerId | undefined {
    const awaited = this.#awaited.get(id)
    if (awaited === undefined) return undefined
    if (awaited.asked >= limit) {
      this.remove(id)
      return undefined
    }
    return awaited.announcers[awaited.asked++ % awaited.announcers.length]
  }

  remove(id: MessageId): void {
    const causer = this.#awaited.get(id)?.announcers[0]
    if (causer === undefined) return
    this.#awaited.delete(id)
    const caused = (this.#caused.get(causer) ?? 1) - 1
    if (caused === 0) this.#caused.delete(causer)
    else this.#caused.set(causer, caused)
  }
}
