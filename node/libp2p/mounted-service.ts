import { isStartable } from '@libp2p/interface'
import type { Host, PeerId, ProtocolName } from '../protocol/index.ts'
import { admissionDefinition } from './admission.ts'
import { Gate } from './gate.ts'
import type { Libp2pComponents, Substrate } from './substrate.ts'

/** A service of libp2p that is to be part of a host: gossipsub, kad-dht. */
export interface ServiceDefinition<Service extends object> {
  /** Under this name peers of the network tell each other that they run it. */
  readonly name: ProtocolName
  /**
   * `network`: the service meets only peers that have proven the host's network and mounted the same service; it can
   * neither hear nor be heard by others. `anyone`: whoever speaks its protocols, as on any libp2p node.
   */
  readonly openTo: 'network' | 'anyone'
  /** What libp2p must offer besides, in its own terms: `@libp2p/identify`. `asService` refuses a node that has it not. */
  readonly requires?: readonly string[]
  create(components: Libp2pComponents, ports: ServicePorts): Service
}

export interface ServicePorts {
  /** Something went wrong that no caller hears of: the host tells it as a `failed` event, and goes on. */
  failed(error: unknown): void
}

export interface ServiceOwner extends Pick<Host, 'run'>, ServicePorts {
  refused(peer: PeerId): void
}

/** A libp2p service that starts and stops with a host, behind the host's proof of the network. */
export class MountedService<Service extends object> {
  readonly service: Service
  readonly requires: readonly string[]
  readonly #failed: (error: unknown) => void
  #starting: Promise<void> | undefined

  constructor(definition: ServiceDefinition<Service>, owner: ServiceOwner, substrate: Substrate) {
    this.requires = definition.requires ?? []
    this.#failed = (error) => owner.failed(error)
    const { components } = substrate
    const seen = definition.openTo === 'anyone' ? components : gated(definition.name, owner, substrate)
    this.service = definition.create(seen, { failed: this.#failed })
  }

  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  /** What has not started is left alone. Whoever does not take what is left for it is not waited for, nor is an error. */
  async stop(signal: AbortSignal): Promise<void> {
    const late = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([late, this.#stop().catch((error: unknown) => this.#failed(error))])
  }

  async #stop(): Promise<void> {
    if (this.#starting === undefined) return
    await Promise.allSettled([this.#starting])
    if (!isStartable(this.service)) return
    await this.service.beforeStop?.()
    await this.service.stop()
    await this.service.afterStop?.()
  }

  async #start(): Promise<void> {
    if (!isStartable(this.service)) return
    await this.service.beforeStart?.()
    await this.service.start()
    await this.service.afterStart?.()
  }
}

/** The components of the node, with a registrar that lets only peers of the network through. */
function gated(name: ProtocolName, owner: ServiceOwner, substrate: Substrate): Libp2pComponents {
  const { components } = substrate
  const admission = owner.run(admissionDefinition(name), undefined, ({ type, peer }) => gate[type](peer))
  const gate = new Gate(components.registrar, {
    admission,
    connections: (peer) => substrate.connections(peer),
    refused: (peer) => owner.refused(peer),
  })
  // libp2p looks its components up when they are used, so a copy of now would not do.
  return new Proxy(components, {
    get: (target, key) => (key === 'registrar' ? gate.registrar : (Reflect.get(target, key) as unknown)),
  })
}
