import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { Failure, toFailure } from '../failure.ts'
import { privateDirectory } from '../profile.ts'
import { Fields } from './fields.ts'
import { FrameConnection, frameLimits, type Frame } from './frames.ts'
import { controlVersion, type Request } from './requests.ts'

/** Exchanges at once. */
const connectionLimit = 64

/** From the connection to its request, in milliseconds. */
const requestTimeout = 5000

/** One exchange, as an operation sees it. */
export interface Call {
  readonly fields: Fields
  /** Aborted when the client is gone or the peer stops. */
  readonly signal: AbortSignal
  /** What the client sends, piece by piece; ends when it says so. @throws Failure when the client is gone, or the peer stops, before */
  input(): AsyncIterable<Uint8Array>
  /** Resolves when more may be sent. */
  item(value: unknown): Promise<void>
  chunk(bytes: Uint8Array): Promise<void>
}

/** @returns the result, as JSON says it */
export type Operation = (call: Call) => Promise<unknown>

/** Answers requests of the command line. */
export class ControlServer {
  readonly #operations: Readonly<Record<string, Operation>>
  readonly #server: Server
  readonly #stopping = new AbortController()
  readonly #exchanges = new Set<Promise<void>>()

  private constructor(operations: Readonly<Record<string, Operation>>) {
    this.#operations = operations
    this.#server = createServer({ allowHalfOpen: false }, (socket) => this.#accept(socket))
    this.#server.maxConnections = connectionLimit
  }

  /** @param path where nobody else listens: the caller holds the directory it belongs to, so what is there is stale */
  static async listen(path: string, operations: Readonly<Record<string, Operation>>): Promise<ControlServer> {
    const server = new ControlServer(operations)
    const isFile = process.platform !== 'win32'
    if (isFile) {
      privateDirectory(dirname(path))
      rmSync(path, { force: true })
    }
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject)
      server.#server.listen(path, resolve)
    })
    if (isFile) chmodSync(path, 0o600)
    return server
  }

  /**
   * Takes no more requests, removes the socket, and ends the streams. To be called while the directory is still held,
   * so that the socket of a successor is not the one that is removed.
   */
  stopListening(): void {
    this.#server.close()
    this.#stopping.abort(new Failure('failure', 'The peer is stopping'))
  }

  /** Resolves when every exchange has been answered. */
  async finished(): Promise<void> {
    await Promise.all(this.#exchanges)
  }

  #accept(socket: Socket): void {
    const exchange = this.#serve(new FrameConnection(socket, frameLimits.server))
    this.#exchanges.add(exchange)
    void exchange.finally(() => this.#exchanges.delete(exchange))
  }

  async #serve(connection: FrameConnection): Promise<void> {
    const { signal } = this.#stopping
    // A client that is silent, as one with an open editor, does not keep the peer from ending.
    const interrupt = (): void => connection.interrupt(signal.reason as Error)
    signal.addEventListener('abort', interrupt, { once: true })
    try {
      const request = await readRequest(connection)
      if (request === undefined) return
      const result = await this.#find(request.verb)(this.#call(connection, request))
      await connection.sendJson('end', result ?? null)
    } catch (error) {
      const { code, message, hint } = toFailure(error)
      await connection.sendJson('error', { code, message, hint })
    } finally {
      signal.removeEventListener('abort', interrupt)
      connection.end()
    }
  }

  #find(verb: string): Operation {
    const operation = Object.hasOwn(this.#operations, verb) ? this.#operations[verb] : undefined
    if (operation === undefined) throw new Failure('failure', `The running peer knows no ${verb}`)
    return operation
  }

  #call(connection: FrameConnection, request: Request): Call {
    return {
      fields: new Fields(request.arguments),
      signal: AbortSignal.any([connection.closed, this.#stopping.signal]),
      input: () => readInput(connection),
      item: (value) => connection.sendJson('item', value),
      chunk: (bytes) => connection.send('chunk', bytes),
    }
  }
}

async function readRequest(connection: FrameConnection): Promise<Request | undefined> {
  const timer = setTimeout(() => connection.destroy(), requestTimeout)
  const frame = await connection.next().finally(() => clearTimeout(timer))
  if (frame === undefined) return undefined
  const request = parse(frame)
  if (request.version === controlVersion) return request
  throw new Failure('failure', `The running peer speaks version ${controlVersion} of the control socket`, {
    hint: 'It was started by another version of peerloom: start it again (peerloom down, peerloom up)',
  })
}

function parse({ type, payload }: Frame): Request {
  try {
    const value: unknown = JSON.parse(payload.toString())
    if (type === 'request' && typeof value === 'object' && value !== null && 'verb' in value) return value as Request
  } catch (cause) {
    throw new Failure('failure', 'The request is no JSON', { cause })
  }
  throw new Failure('failure', 'The first frame is no request')
}

async function* readInput(connection: FrameConnection): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const frame = await connection.next()
    if (frame === undefined) throw new Failure('interrupted', 'The input ended before it was complete')
    if (frame.type !== 'chunk') return
    yield frame.payload
  }
}
