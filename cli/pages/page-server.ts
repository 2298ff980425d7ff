import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { portInUse } from '../peer/addresses.ts'
import type { StaticFiles } from './static-files.ts'

/** What a page is told so that it can be a peer itself. */
export interface PeerInvitation {
  readonly network: {
    readonly name: string
    /** 32 bytes in base64url, where the network has a key. */
    readonly key?: string
  }
  /** WebSocket multiaddrs of this peer on loopback. */
  readonly join: readonly string[]
  readonly profile: string
  readonly version: string
}

export interface PageServerOptions {
  /** 0: any that is free. */
  readonly port: number
  readonly token: string
  readonly files: StaticFiles
  readonly invitation: () => PeerInvitation
}

/** Style elements since CodeMirror makes its own, no style attributes; WebSockets anywhere since a page connects to any peer. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-elem 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self' ws: wss:",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** Serves the pages to browsers on this machine, and tells those that show the token how to be a peer. */
export class PageServer {
  readonly #options: PageServerOptions
  readonly #server: Server

  private constructor(options: PageServerOptions) {
    this.#options = options
    this.#server = createServer(
      { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 2000 },
      (request, response) => void this.#answer(request, response),
    )
    this.#server.maxConnections = 64
  }

  /** @throws Failure when the port is in use */
  static async listen(options: PageServerOptions): Promise<PageServer> {
    const pages = new PageServer(options)
    await new Promise<void>((resolve, reject) => {
      pages.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'EADDRINUSE' ? portInUse(options.port) : error),
      )
      pages.#server.listen(options.port, '127.0.0.1', resolve)
    })
    return pages
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The token is in the fragment: browsers send it to nobody. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/#token=${this.#options.token}`
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    if (!this.#isOwnHost(request)) return refuse(response, 421, 'This is a server for 127.0.0.1')
    if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405, 'Only GET', { allow: 'GET, HEAD' })
    const path = url.split('?', 1)[0] ?? ''
    if (path === '/') return refuse(response, 302, '', { location: '/notes/' })
    if (path === '/api/peer') return this.#tellPeer(request, response)
    const file = await this.#options.files.read(path)
    if (file === undefined) return refuse(response, 404, 'There is no such page')
    response.writeHead(200, { ...headers, 'content-type': file.contentType, 'cache-control': 'no-cache' })
    response.end(method === 'HEAD' ? undefined : file.bytes)
  }

  #tellPeer(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers
    if (origin !== undefined && origin !== `http://${request.headers.host}`) {
      return refuse(response, 403, 'Only pages of this server are told')
    }
    if (!this.#hasToken(request)) {
      return refuse(response, 401, 'The token is missing or wrong', { 'www-authenticate': 'Bearer' })
    }
    const body = JSON.stringify(this.#options.invitation())
    response.writeHead(200, { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  /** A name that an attacker points to 127.0.0.1 (DNS rebinding) would be the origin of the attacker's page. */
  #isOwnHost({ headers: { host } }: IncomingMessage): boolean {
    return host === `127.0.0.1:${this.port}` || host === `localhost:${this.port}`
  }

  #hasToken({ headers: { authorization = '' } }: IncomingMessage): boolean {
    return timingSafeEqual(digest(authorization), digest(`Bearer ${this.#options.token}`))
  }
}

function refuse(response: ServerResponse, status: number, text: string, extra: Record<string, string> = {}): void {
  response.writeHead(status, {
    ...headers,
    ...extra,
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  })
  response.end(text === '' ? undefined : `${text}\n`)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
