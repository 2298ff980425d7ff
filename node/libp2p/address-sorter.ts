import type { Address } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ip, isLoopback } from './address-book.ts'

/**
 * The order in which addresses of a peer are dialled, one after another: this host, the local network, the rest,
 * relays; and plain TCP before WebSockets. libp2p's own order is the other way round, made for the open internet.
 */
export function nearestFirst(left: Address, right: Address): -1 | 0 | 1 {
  return Math.sign(distance(left.multiaddr) - distance(right.multiaddr)) as -1 | 0 | 1
}

function distance(address: Multiaddr): number {
  const names = address.getComponents().map(({ name }) => name)
  const overWebSocket = names.includes('ws') || names.includes('wss') ? 1 : 0
  if (names.includes('p2p-circuit')) return 6
  if (isLoopback(address)) return overWebSocket
  return (isPrivate(address) ? 2 : 4) + overWebSocket
}

/** Private (RFC 1918, RFC 4193), link-local, and shared (RFC 6598) addresses. */
function isPrivate(address: Multiaddr): boolean {
  const host = ip(address)
  if (host === undefined) return false
  return /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe[89ab])/.test(
    host,
  )
}
