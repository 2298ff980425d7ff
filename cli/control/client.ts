import { connect, type Socket } from 'node:net'
import { Failure, isFailureCode } from '../failure.ts'
import type { Profile } from '../profile.ts'
import { FrameConnection, frameLimits, type Frame } from './frames.ts'
import { controlVersion, type Request } from './requests.ts'

/** Largest piece of input in one frame, in bytes. */
export const chunkSize: number = 64 * 1024

export interface Exchange {
  readonly verb: string
  readonly arguments?: Readonly<Record<string, unknown>>
  /** Ends the exchange; `request` rejects with its reason. */
  readonly signal?: AbortSignal
  /** Sent while answers arrive. */
  readonly input?: AsyncIterable<Uint8Array>
  /** Called for each element of a stream, one after the other. */
  readonly item?: (value: unknown) => Promise<void> | void
  readonly chunk?: (bytes: Uint8Array) => Promise<void> | void
}

/**
 * Asks the running peer of a profile.
 *
 * @returns the result of the operation
 * @throws Failure `no-peer` when none is running; what the operation failed with otherwise
 */
export async function request<Result = void>(profile: Profile, exchange: Exchange): Promise<Result> {
  exchange.signal?.throwIfAborted()
  const connection = new FrameConnection(await dial(profile), frameLimits.client)
  const stop = (): void => connection.destroy()
  exchange.signal?.addEventListener('abort', stop, { once: true })
  try {
    // It may have been aborted while the socket connected, and tells that nobody any more.
    exchange.signal?.throwIfAborted()
    const head: Request = { version: controlVersion, verb: exchange.verb, arguments: exchange.arguments ?? {} }
    await connection.sendJson('request', head)
    const sending = exchange.input === undefined ? undefined : send(connection, exchange.input)
    const receiving = receive(connection, exchange)
    // Input that cannot be read ends the exchange; a result may come before all input was taken.
    return (await Promise.race(sending === undefined ? [receiving] : [receiving, sending])) as Result
  } catch (error) {
    exchange.signal?.throwIfAborted()
    throw error
  } finally {
    exchange.signal?.removeEventListener('abort', stop)
    connection.destroy()
  }
}

/** Whether a peer of the profile is running. */
export async function isRunning(profile: Profile): Promise<boolean> {
  try {
    const socket = await dial(profile)
    socket.destroy()
    return true
  } catch {
    return false
  }
}

function dial(profile: Profile): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(profile.socket)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (cause: NodeJS.ErrnoException) => reject(describe(profile, cause)))
  })
}

function describe(profile: Profile, cause: NodeJS.ErrnoException): Failure {
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new Failure('refused', `Cannot use ${profile.socket}: it belongs to somebody else`, { cause })
  }
  const option = profile.name === 'default' ? '' : ` --profile ${profile.name}`
  return new Failure('no-peer', `No peer of the profile ${profile.name} is running`, {
    cause,
    hint: `Start one with: peerloom up${option}`,
  })
}

/** Never resolves: only the answer ends an exchange. */
async function send(connection: FrameConnection, input: AsyncIterable<Uint8Array>): Promise<never> {
  for await (const bytes of input) await connection.send('chunk', bytes)
  await connection.send('end')
  return new Promise<never>(() => {})
}

async function receive(connection: FrameConnection, exchange: Exchange): Promise<unknown> {
  for (;;) {
    const frame = await connection.next()
    if (frame === undefined) throw new Failure('failure', 'The peer ended before it answered')
    switch (frame.type) {
      case 'item':
        await exchange.item?.(json(frame))
        break
      case 'chunk':
        await exchange.chunk?.(frame.payload)
        break
      case 'end':
        return json(frame)
      case 'error':
        throw readError(json(frame))
      case 'request':
        throw new Failure('failure', 'The peer answered with a request')
    }
  }
}

function json({ payload }: Frame): unknown {
  return payload.length === 0 ? undefined : JSON.parse(payload.toString())
}

function readError(value: unknown): Failure {
  const { code, message, hint } = value as {
    readonly code?: unknown
    readonly message?: unknown
    readonly hint?: unknown
  }
  return new Failure(isFailureCode(code) ? code : 'failure', String(message), typeof hint === 'string' ? { hint } : {})
}
