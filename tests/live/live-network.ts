import { createPeer, type Peer } from '../../node/peer/index.ts'
import type { Libp2pHost } from '../../node/libp2p/index.ts'
import type { Host, Overlay, PeerId } from '../../node/protocol/index.ts'
import type { ContractNetwork, ContractPeer } from '../contracts/index.ts'

/** A bound that only a failing case runs into. */
const patience = 60_000

export interface LiveNetworkOptions<Api> {
  /** Whether those that run know of each other what they are to know. @default they are not asked */
  readonly settled?: (apis: readonly Api[]) => boolean
  /** So many timers of the overlay expire at one of the peers while it does what it does unasked. @default 10 */
  readonly settledTimers?: number
}

type Overlays<Api> = { readonly tested: Overlay<Api, Libp2pHost> }

interface LivePeer<Api> {
  readonly peer: Peer<Overlays<Api>>
  readonly timers: TimerCount
  isRunning: boolean
}

/** A network of real nodes on loopback, in this process, for the contracts of the roles. Each joins those that run. */
export class LiveNetwork<Api> implements ContractNetwork<Api> {
  readonly #overlay: () => Overlay<Api, Libp2pHost>
  readonly #settledTimers: number
  readonly #settled: (apis: readonly Api[]) => boolean
  readonly #peers = new Map<PeerId, LivePeer<Api>>()
  readonly #name = `test-${process.pid}-${Math.random().toString(36).slice(2)}`

  constructor(
    overlay: () => Overlay<Api, Libp2pHost>,
    { settledTimers = 10, settled = () => true }: LiveNetworkOptions<Api> = {},
  ) {
    this.#overlay = overlay
    this.#settledTimers = settledTimers
    this.#settled = settled
  }

  async add(): Promise<ContractPeer<Api>> {
    const timers = new TimerCount()
    const peer = await createPeer({
      network: this.#name,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      mdns: false,
      join: this.#running.flatMap((other) => other.peer.addresses),
      overlays: { tested: timers.counted(this.#overlay()) },
    })
    this.#peers.set(peer.id, { peer, timers, isRunning: true })
    return { id: peer.id, api: peer.overlays.tested }
  }

  /** Its connections are gone before its protocols can say a word. */
  async crash({ id }: ContractPeer<Api>): Promise<void> {
    const crashing = this.#end(id)
    await crashing.peer.libp2p.stop()
    await crashing.peer.stop()
  }

  async stop({ id }: ContractPeer<Api>): Promise<void> {
    await this.#end(id).peer.stop()
  }

  /** Looks again whenever a timer expires somewhere: whatever changes is followed by one. */
  async until(condition: () => boolean, wish: string): Promise<void> {
    const limit = AbortSignal.timeout(patience)
    while (!condition()) {
      if (limit.aborted) throw new Error(`Waited ${patience} ms for ${wish}`)
      await Promise.race(this.#running.map(({ timers }) => timers.next()))
    }
  }

  /** A peer that has left has no timers any more; it is the first one to be through that counts. */
  async settle(): Promise<void> {
    if (this.#running.length === 0) return
    await this.until(
      () => this.#settled(this.#running.map(({ peer }) => peer.overlays.tested)),
      'the network to settle',
    )
    await Promise.race(
      this.#running.map(async ({ timers }) => {
        for (let count = 0; count < this.#settledTimers; count++) await timers.next()
      }),
    )
  }

  async dispose(): Promise<void> {
    await Promise.all(Array.from(this.#peers.values(), ({ peer }) => peer.stop()))
  }

  get #running(): LivePeer<Api>[] {
    return [...this.#peers.values()].filter(({ isRunning }) => isRunning)
  }

  #end(id: PeerId): LivePeer<Api> {
    const ending = this.#peers.get(id)
    if (ending === undefined) throw new Error(`There is no peer ${id}`)
    ending.isRunning = false
    return ending
  }
}

/** The timers of one overlay, and the ends of what it was asked: what passes of its time. */
class TimerCount {
  #waiting: (() => void)[] = []

  /** Resolves when the next one expires. */
  next(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve))
  }

  /** The overlay, on a host that tells of each timer, those of services of libp2p (their heartbeats) included. */
  counted<Api>(overlay: Overlay<Api, Libp2pHost>): Overlay<Api, Libp2pHost> {
    return {
      attach: (host) => {
        const run: Host['run'] = (definition, needs, listen) => {
          const create: typeof definition.create = (environment, own) => {
            const core = definition.create(environment, own)
            const expire = core.expire.bind(core)
            core.expire = (timer) => {
              expire(timer)
              this.#tell()
            }
            return core
          }
          return host.run({ ...definition, create }, needs, listen)
        }
        const mount: Libp2pHost['mount'] = (definition) => {
          const service = host.mount(definition)
          const { router, upkeep } = service as { readonly router?: EventTarget; readonly upkeep?: EventTarget }
          router?.addEventListener('gossipsub:heartbeat', () => this.#tell())
          upkeep?.addEventListener('kademlia:upkeep', () => this.#tell())
          return service
        }
        const counted: Readonly<Record<string, unknown>> = { run, mount }
        const counting = new Proxy(host, {
          get(target, name) {
            if (typeof name === 'string' && name in counted) return counted[name]
            const value: unknown = Reflect.get(target, name)
            return typeof value === 'function' ? (value.bind(target) as unknown) : value
          },
        })
        return this.#telling(overlay.attach(counting))
      },
    }
  }

  /** The same, but for what is told when one of its promises is settled: no timer may expire before the next question. */
  #telling<Api>(api: Api): Api {
    if (typeof api !== 'object' || api === null) return api
    return new Proxy(api, {
      get: (target, name) => {
        const part: unknown = Reflect.get(target, name)
        if (typeof part !== 'function') return part
        return (...parameters: unknown[]): unknown => {
          const answer: unknown = Reflect.apply(part, target, parameters)
          if (answer instanceof Promise) {
            const tell = (): void => this.#tell()
            answer.then(tell, tell)
          }
          return answer
        }
      },
    })
  }

  #tell(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
