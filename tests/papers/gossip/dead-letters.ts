import type { Duration, Host, HostEnvironment, PeerId } from '../../../node/protocol/index.ts'
import type { Simulation } from '../../../node/simulation/index.ts'

interface Reachable {
  connected?(peer: PeerId): void
  disconnected?(peer: PeerId): void
}

/**
 * Links that are tested by sending on them alone: whoever sends to the crashed notices after a round trip, and nobody
 * else. The simulator's own links tell every neighbour at once.
 */
export class DeadLetters {
  readonly #simulation: Simulation
  readonly #latency: Duration
  readonly #crashed = new Set<PeerId>()
  readonly #cores = new Map<PeerId, Reachable>()

  constructor(simulation: Simulation, latency: Duration) {
    this.#simulation = simulation
    this.#latency = latency
  }

  /** Both hear of it after one latency. */
  connect(left: PeerId, right: PeerId): void {
    this.#simulation.at(this.#latency, () => {
      this.#cores.get(left)?.connected?.(right)
      this.#cores.get(right)?.connected?.(left)
    })
  }

  crashed(peer: PeerId): void {
    this.#crashed.add(peer)
    this.#cores.delete(peer)
  }

  /** @returns a host that sees to it that dead letters come back */
  returning(host: Host): Host {
    return {
      self: host.self,
      offer: (name, role) => host.offer(name, role),
      role: (name) => host.role(name),
      run: (definition, needs, listen) => {
        const create: typeof definition.create = (environment, given) =>
          definition.create(this.#environment(environment), given)
        const core = host.run({ ...definition, create }, needs, listen)
        this.#cores.set(host.self, core)
        return core
      },
    }
  }

  #environment<Message, Timer, Event, Entry>(
    environment: HostEnvironment<Message, Timer, Event, Entry>,
  ): HostEnvironment<Message, Timer, Event, Entry> {
    return {
      self: environment.self,
      random: environment.random,
      author: environment.author,
      now: () => environment.now(),
      send: (to, message) => {
        if (!this.#crashed.has(to)) return environment.send(to, message)
        this.#simulation.at(2 * this.#latency, () => this.#cores.get(environment.self)?.disconnected?.(to))
        return true
      },
      schedule: (timer, delay) => environment.schedule(timer, delay),
      emit: (event) => environment.emit(event),
      write: (entry) => environment.write(entry),
      load: (part) => environment.load(part),
      sign: (bytes) => environment.sign(bytes),
      verify: (claim) => environment.verify(claim),
    }
  }
}
