import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { createPeer, type DefaultOverlays, type Peer } from '../../../node/peer/index.ts'

export const network = { name: 'notes test', key: new Uint8Array(32).fill(7) }

/** That of the command line. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-elem 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const token = 'a-token-of-this-test'

/** A peer and the page it serves, as the CLI does it: after a restart, both are found where they were. */
export class ServingPeer {
  readonly #page: string
  readonly #directory: string
  readonly #join: readonly string[]
  #peer: Peer<DefaultOverlays> | undefined
  #server: Server | undefined
  #peerPort = 0
  #pagePort = 0

  private constructor(page: string, directory: string, join: readonly string[]) {
    this.#page = page
    this.#directory = directory
    this.#join = join
  }

  /** @param page folder of the bundled page */
  static async start(page: string, directory: string, join: readonly string[] = []): Promise<ServingPeer> {
    const started = new ServingPeer(page, directory, join)
    await started.start()
    return started
  }

  get peer(): Peer<DefaultOverlays> {
    if (this.#peer === undefined) throw new Error('The peer is away')
    return this.#peer
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#pagePort}`
  }

  /** The link that a person opens. */
  get link(): string {
    return `${this.origin}/#token=${token}`
  }

  get addresses(): readonly string[] {
    return this.peer.addresses
  }

  async start(): Promise<void> {
    this.#peer = await createPeer({
      directory: this.#directory,
      network,
      listen: [`/ip4/127.0.0.1/tcp/${this.#peerPort}/ws`],
      join: this.#join,
      mdns: false,
      documents: { follow: ['*'] },
    })
    this.#peerPort = Number(this.addresses[0]?.split('/')[4])
    this.#server = createServer((request, response) => void this.#answer(request, response))
    const server = this.#server
    await new Promise<void>((resolve) => server.listen(this.#pagePort, '127.0.0.1', resolve))
    this.#pagePort = (server.address() as AddressInfo).port
  }

  /** The next start is at another port; the page stays where it is. */
  forgetPort(): void {
    this.#peerPort = 0
  }

  /** Peer and page are away. No effect when they are. */
  async stop(): Promise<void> {
    const [server, peer] = [this.#server, this.#peer]
    this.#server = undefined
    this.#peer = undefined
    const closed = new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())))
    server?.closeAllConnections()
    await Promise.all([closed, peer?.stop()])
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.origin)
    response.setHeader('content-security-policy', policy)
    response.setHeader('x-content-type-options', 'nosniff')
    if (pathname === '/api/peer') {
      this.#describe(request, response)
      return
    }
    const name = pathname === '/' ? 'index.html' : pathname.slice(1)
    const body = /^[\w-]+\.\w+$/.test(name) ? await readFile(join(this.#page, name)).catch(() => undefined) : undefined
    if (body === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream' }).end(body)
  }

  #describe(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end()
      return
    }
    const answer = {
      network: { name: network.name, key: Buffer.from(network.key).toString('base64url') },
      join: this.addresses,
      profile: 'test',
      version: '0.1.0',
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }
}
