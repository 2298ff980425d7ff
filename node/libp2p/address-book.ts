import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import type { AddressBook, Instant, PeerId } from '../protocol/index.ts'
import type { Substrate } from './substrate.ts'
import { monotonicNow } from './timers.ts'

/** Addresses of one peer that are learnt at once. */
const addressLimit = 16
/** Characters of one address. */
const lengthLimit = 256
/** Peers whose addresses are known to be in the peer store. */
const peerLimit = 4096
/** The peer store forgets addresses after an hour; what is heard again is told to it well before that. */
const refreshAfter = 10 * 60_000

/** libp2p's peer store seen as text, with what strangers tell filtered. */
export class PeerStoreAddresses implements AddressBook {
  readonly #substrate: Substrate
  readonly #learnt = new Map<PeerId, { readonly text: string; readonly at: Instant }>()
  #own: readonly string[] | undefined

  constructor(substrate: Substrate) {
    this.#substrate = substrate
  }

  /** Without the PeerId at the end. Loopback only where this peer listens nowhere else. */
  own(): readonly string[] {
    if (this.#own === undefined) {
      const addresses = this.#substrate.addresses().map(withoutPeer)
      const remote = addresses.filter((address) => !isLoopback(address))
      this.#own = (remote.length > 0 ? remote : addresses).slice(0, addressLimit).map(String)
    }
    return this.#own
  }

  /** Own addresses may have changed. */
  refresh(): void {
    this.#own = undefined
  }

  /** What cannot be parsed, belongs to another peer or cannot be dialled from here is left out without a word. */
  learn(peer: PeerId, addresses: readonly string[]): void {
    const text = addresses.join('\n')
    const known = this.#learnt.get(peer)
    const now = monotonicNow()
    if (addresses.length === 0 || (known?.text === text && now - known.at < refreshAfter)) return
    const multiaddrs = dialable(parse(peer, addresses.slice(0, addressLimit)), this.#substrate.addresses())
    if (multiaddrs.length === 0) return
    this.#remember(peer, text, now)
    void this.#merge(peer, multiaddrs)
  }

  async #merge(peer: PeerId, multiaddrs: Multiaddr[]): Promise<void> {
    try {
      const id = peerIdFromString(peer)
      if (!id.equals(this.#substrate.peerId)) await this.#substrate.peerStore.merge(id, { multiaddrs })
    } catch {
      // No PeerId, or a store that is closing: the next to tell of the peer tries again.
      this.#learnt.delete(peer)
    }
  }

  #remember(peer: PeerId, text: string, at: Instant): void {
    this.#learnt.delete(peer)
    const [oldest] = this.#learnt.keys()
    if (this.#learnt.size >= peerLimit && oldest !== undefined) this.#learnt.delete(oldest)
    this.#learnt.set(peer, { text, at })
  }
}

/**
 * Leaves out what cannot be reached from here: unspecified addresses, and loopback addresses of a peer on another
 * host. A peer is taken to be on this host when it shares an address with it, or has loopback addresses only.
 */
export function dialable(theirs: readonly Multiaddr[], ours: readonly Multiaddr[]): Multiaddr[] {
  const specified = theirs.filter((address) => !/^(0\.0\.0\.0|::)$/.test(ip(address) ?? ''))
  const remote = specified.filter((address) => !isLoopback(address))
  if (remote.length === 0) return specified
  const here = new Set(ours.map(ip))
  return remote.some((address) => here.has(ip(address))) ? specified : remote
}

export function isLoopback(address: Multiaddr): boolean {
  const host = ip(address)
  return host !== undefined && (host.startsWith('127.') || host === '::1')
}

/** The literal IP address in front; undefined for names, relays and the rest. */
export function ip(address: Multiaddr): string | undefined {
  const first = address.getComponents().find(({ name }) => name !== 'ip6zone')
  return first?.name === 'ip4' || first?.name === 'ip6' ? first.value : undefined
}

function parse(peer: PeerId, addresses: readonly string[]): Multiaddr[] {
  return addresses.flatMap((text) => {
    if (text.length > lengthLimit) return []
    try {
      const address = multiaddr(text)
      const components = address.getComponents()
      const last = components.at(-1)
      if (components.length < 2 || (last?.name === 'p2p' && last.value !== peer)) return []
      return [withoutPeer(address)]
    } catch {
      return []
    }
  })
}

function withoutPeer(address: Multiaddr): Multiaddr {
  const last = address.getComponents().at(-1)
  return last?.name === 'p2p' ? address.decapsulate(`/p2p/${last.value}`) : address
}
