import { serviceDependencies } from '@libp2p/interface'
import type { Overlay } from '../protocol/index.ts'
import { authorKey, isEd25519 } from './author-key.ts'
import type { HostOptions, Libp2pHost } from './host.ts'
import { LiveHost } from './live-host.ts'
import { networkSecret, type NetworkOptions, type NetworkSecret } from './network.ts'
import { componentsSubstrate, type ServiceComponents } from './substrate.ts'

/** The network of services that name none. */
const defaultNetwork = 'peerloom'

export interface ServiceOptions extends Omit<HostOptions, 'node' | 'network'> {
  /**
   * Peers of other networks are not heard. All services of one node share one network: naming it once is enough.
   *
   * @default 'peerloom', without a key
   */
  readonly network?: string | NetworkOptions | NetworkSecret
}

interface Registered {
  readonly host: LiveHost
  /** False while the network is the default, nobody having named one. */
  named: boolean
}

/** One host, and so one set of channels, for each libp2p node. */
const hosts = new WeakMap<object, Registered>()

/**
 * Makes an overlay a service of a libp2p node that somebody already has:
 *
 *     createLibp2p({ services: { members: asService(swim()), broadcast: asService(gossip()) } })
 *
 * The service is the overlay's own API object. The first such service creates the host of the node; it starts and
 * stops with the node. Options other than `network` belong to the host: give them with the first service.
 *
 * @throws Error (from `createLibp2p`) when two services of a node name different networks
 */
export function asService<Api>(
  overlay: Overlay<Api, Libp2pHost>,
  options: ServiceOptions = {},
): (components: ServiceComponents) => Api {
  return (components) => overlay.attach(hostOf(components, options))
}

function hostOf(components: ServiceComponents, { network, ...options }: ServiceOptions): LiveHost {
  const registered = hosts.get(components)
  const secret = network === undefined ? undefined : toSecret(network)
  if (registered !== undefined) {
    if (secret !== undefined) agree(registered, secret)
    return registered.host
  }
  const host = new LiveHost(componentsSubstrate(components), {
    network: secret ?? networkSecret(defaultNetwork),
    ...(isEd25519(components.privateKey) ? { author: authorKey(components.privateKey) } : {}),
    ...options,
  })
  hosts.set(components, { host, named: secret !== undefined })
  // Whatever is among the components is started and stopped with the node; the API objects stay as they are.
  Object.assign(components, {
    peerloom: {
      start: () => host.start(),
      beforeStop: () => host.stop(),
      stop: () => host.stop(),
      // libp2p looks at it when all services are there, and refuses the node when something is missing.
      get [serviceDependencies]() {
        return host.requires
      },
    },
  })
  return host
}

/** @throws Error when another service has named another network */
function agree(registered: Registered, secret: NetworkSecret): void {
  const { host, named } = registered
  if (!named) host.join(secret)
  else if (!sameNetwork(secret, host.network)) {
    throw new Error(
      `Cannot put a service on network '${secret.name}': another service of this libp2p node chose ` +
        `'${host.network.name}', and all services of a node share one network and key`,
    )
  }
  registered.named = true
}

function toSecret(network: string | NetworkOptions | NetworkSecret): NetworkSecret {
  return typeof network === 'object' && 'secret' in network ? network : networkSecret(network)
}

function sameNetwork(left: NetworkSecret, right: NetworkSecret): boolean {
  return left.secret.every((byte, index) => byte === right.secret[index])
}
