import type { Host, HostEnvironment, PeerId, Protocol } from '../../../node/protocol/index.ts'

/**
 * Slow message processing as Lifeguard's authors induce it (§V): while a member is anomalous it stands still right
 * before it would send, and right after it has received; all else goes on.
 *
 * memberlist, which they measured, has a thread for each of its loops (probe, gossip, push/pull) and one that receives.
 * A loop that wants to send stands there until the anomaly ends, and so begins no other round; a time-out of a suspicion
 * sends nothing, and runs on. Here the timers of one `type` are a loop: once it has a message that waits, its further
 * timers wait as well. (With `simulation.suspend` they would not: a member blocked for 30 s would accuse 30 others, have
 * them all fail, and tell so all at once afterwards. Measured, nearly all false positives would then be at healthy
 * members; in the paper 0.4 % are.)
 */
export class Anomaly {
  #blocked = false
  readonly #waiting: { sends: (() => void)[]; timers: (() => void)[]; received: (() => void)[] } = {
    sends: [],
    timers: [],
    received: [],
  }
  /** Loops that want to send. */
  readonly #standing = new Set<string>()
  #running: string | undefined

  begin(): void {
    this.#blocked = true
  }

  /** What waited is sent; then the loops go on, and only then is what had arrived looked at. */
  end(): void {
    this.#blocked = false
    this.#standing.clear()
    const { sends, timers, received } = this.#waiting
    for (const act of [...sends.splice(0), ...timers.splice(0), ...received.splice(0)]) act()
  }

  /** A host whose protocols the anomaly befalls. */
  on(host: Host): Host {
    return {
      self: host.self,
      run: (definition, needs, listen) => {
        let core: ReturnType<typeof definition.create> | undefined
        const create: typeof definition.create = (environment, given) => {
          core = definition.create(this.#environment(environment), given)
          return this.#protocol(core) as typeof core
        }
        host.run({ ...definition, create }, needs, listen)
        if (core === undefined) throw new Error('A host creates the core at once')
        return core
      },
      offer: (name, role) => host.offer(name, role),
      role: (name) => host.role(name),
    }
  }

  #environment<Message, Timer, Event, Entry>(
    environment: HostEnvironment<Message, Timer, Event, Entry>,
  ): HostEnvironment<Message, Timer, Event, Entry> {
    const send = (to: PeerId, message: Message): boolean => {
      if (!this.#blocked) return environment.send(to, message)
      if (this.#running !== undefined) this.#standing.add(this.#running)
      this.#waiting.sends.push(() => void environment.send(to, message))
      return true
    }
    return {
      self: environment.self,
      author: environment.author,
      random: environment.random,
      send,
      now: () => environment.now(),
      schedule: (timer, delay) => environment.schedule(timer, delay),
      emit: (event) => environment.emit(event),
      write: (entry) => environment.write(entry),
      load: (part) => environment.load(part),
      sign: (bytes) => environment.sign(bytes),
      verify: (claim) => environment.verify(claim),
    }
  }

  #protocol<Message, Timer, Entry>(core: Protocol<Message, Timer, Entry>): Protocol<Message, Timer, Entry> {
    const expire = (timer: Timer): void => {
      const loop = (timer as { readonly type: string }).type
      if (this.#blocked && this.#standing.has(loop)) return void this.#waiting.timers.push(() => expire(timer))
      this.#running = loop
      core.expire(timer)
      this.#running = undefined
    }
    const receive = (message: Message, from: PeerId): void => {
      if (this.#blocked) this.#waiting.received.push(() => receive(message, from))
      else core.receive(message, from)
    }
    return {
      start: () => core.start(),
      receive,
      expire,
      connected: (peer) => core.connected?.(peer),
      disconnected: (peer) => core.disconnected?.(peer),
      stop: () => core.stop?.(),
    }
  }
}
