import { createServer } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { Failure } from '../failure.ts'

/** What `createPeer` listens on without being told. */
export const everyInterface: readonly string[] = Object.freeze(['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws'])

/**
 * A multiaddr, from one, from `host:port`, or from `ws://host:port`.
 *
 * @throws Failure for anything else
 */
export function readAddress(given: string): string {
  try {
    if (given.startsWith('/')) return multiaddr(given).toString()
    const match = /^(ws:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})\/?$/.exec(given)
    if (match === null || Number(match[4]) > 65_535) throw new TypeError('neither a multiaddr nor host:port')
    const [, web, ip6, host = '', port] = match
    const kind = /^\d+(\.\d+){3}$/.test(host) ? 'ip4' : 'dns'
    const place = ip6 === undefined ? `/${kind}/${host}` : `/ip6/${ip6}`
    return multiaddr(`${place}/tcp/${port}${web === undefined ? '' : '/ws'}`).toString()
  } catch (cause) {
    throw new Failure('usage', `Cannot use ${JSON.stringify(given)} as an address: ${(cause as Error).message}`, {
      cause,
      hint: 'An address is host:port, ws://host:port, or a multiaddr such as /ip4/192.168.0.7/tcp/4001',
    })
  }
}

/**
 * Puts ports that were used before where none is named, if they are still free: links and invitations stay right.
 *
 * @throws Failure when a named port is in use
 */
export async function choosePorts(listen: readonly string[], former: readonly number[]): Promise<string[]> {
  const chosen: string[] = []
  for (const [index, address] of listen.entries()) {
    const { host, port } = tcpPlace(address)
    if (port === undefined) chosen.push(address)
    else if (port > 0) {
      if (!(await isFree(host, port))) throw portInUse(port)
      chosen.push(address)
    } else {
      const before = former[index] ?? 0
      const usable = before > 0 && (await isFree(host, before))
      chosen.push(usable ? address.replace('/tcp/0', `/tcp/${before}`) : address)
    }
  }
  return chosen
}

/** The ports behind the entries of `listen`, as the running node tells them. */
export function boundPorts(listen: readonly string[], addresses: readonly string[]): number[] {
  const told = new Set<number>()
  return listen.map((address) => {
    const { port } = tcpPlace(address)
    if (port !== 0) return port ?? 0
    const ports = addresses.filter((other) => isBehind(address, other)).map((other) => tcpPlace(other).port ?? 0)
    // Two entries that look alike have two ports.
    const bound = ports.find((candidate) => !told.has(candidate)) ?? 0
    told.add(bound)
    return bound
  })
}

/** Whether an address may be what became of an entry of `listen`. */
function isBehind(entry: string, address: string): boolean {
  const { host } = tcpPlace(entry)
  const isSameKind = address.slice(0, 5) === entry.slice(0, 5) && address.includes('/ws') === entry.includes('/ws')
  return isSameKind && (host === '0.0.0.0' || host === '::' || host === tcpPlace(address).host)
}

export function portInUse(port: number): Failure {
  return new Failure('port-in-use', `Cannot listen on port ${port}: it is in use`, {
    hint: 'Choose another one, or 0 for any that is free',
  })
}

/** Also says whether a former port may be taken again. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

function tcpPlace(address: string): { readonly host: string; readonly port: number | undefined } {
  const match = /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)/.exec(address)
  return { host: match?.[1] ?? '0.0.0.0', port: match?.[2] === undefined ? undefined : Number(match[2]) }
}
