import type { TextSelection } from 'peerloom/codemirror'
import type { Person } from './person.ts'
import { encodePresence } from './presence-message.ts'

/** At most so often a moving cursor is told. */
const leastPause = 120
/** So often a tab says that it is still there. */
export const heartbeat = 3000

export interface AnnouncerPorts {
  readonly author: string
  /** @throws when the peer has stopped */
  publish(bytes: Uint8Array): void
}

/** Tells others who sits here and what is selected: soon after a change, regularly, and a last time at the end. */
export class Announcer {
  readonly #ports: AnnouncerPorts
  #person: Person
  #selection: TextSelection | undefined
  #clock = 0
  #toldAt = -Infinity
  #soon: ReturnType<typeof setTimeout> | undefined
  readonly #beat: ReturnType<typeof setInterval>
  #ended = false

  constructor(ports: AnnouncerPorts, person: Person) {
    this.#ports = ports
    this.#person = person
    this.#beat = setInterval(() => this.#beatOnce(), heartbeat)
    this.tellSoon()
  }

  set person(person: Person) {
    this.#person = person
    this.tellSoon()
  }

  set selection(selection: TextSelection | undefined) {
    this.#selection = selection
    this.tellSoon()
  }

  /** Also for the sake of somebody who has just come and knows nobody. */
  tellSoon(): void {
    if (this.#ended || this.#soon !== undefined) return
    const pause = Math.max(0, this.#toldAt + leastPause - performance.now())
    this.#soon = setTimeout(() => this.#tell(true), pause)
  }

  /** Says good-bye, at once: the page may be about to go. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    clearInterval(this.#beat)
    this.#tell(false)
  }

  /** In a hidden tab browsers let a timer run once a minute: it would come and go in the eyes of others. */
  #beatOnce(): void {
    const isLate = performance.now() - this.#toldAt > 2 * heartbeat
    if (!isLate || document.visibilityState === 'visible') this.#tell(true)
  }

  #tell(here: boolean): void {
    clearTimeout(this.#soon)
    this.#soon = undefined
    this.#toldAt = performance.now()
    const selection = here ? this.#selection : undefined
    const { author } = this.#ports
    this.#ports.publish(encodePresence({ ...this.#person, author, here, selection, clock: this.#clock++ }))
  }
}
