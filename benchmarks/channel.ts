// CPU of a 64-byte request and its reply, both ends together, in two processes over TCP on loopback.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import type { Connection } from '@libp2p/interface'
import { createHost, networkSecret } from '../node/libp2p/index.ts'
import { createNode } from '../node/libp2p/node.ts'
import type { PeerId } from '../node/protocol/index.ts'
import type { ServerInfo } from './channel-server.ts'
import { runEcho } from './echo-protocol.ts'
import { FramedSocket } from './framed-socket.ts'
import { atLeast, atMost, median, type Row, type Subject } from './table.ts'

type Request = () => Promise<unknown>

interface Figures {
  readonly cpu: number
  readonly rate: number
  readonly p50: number
  readonly p99: number
}

const payload = new Uint8Array(64).fill(7)

export const subject: Subject = async ({ quick }) => {
  const child = fork(new URL('channel-server.ts', import.meta.url), { stdio: 'inherit' })
  const [info] = (await once(child, 'message')) as [ServerInfo]
  const bench = new Bench(
    child,
    quick ? { runs: 1, length: 400, warmUp: 300 } : { runs: 5, length: 1000, warmUp: 1000 },
  )
  const { request: ours, connection, close } = await channelTo(info)
  const raw = await socketTo(info)
  const socket = await bench.measure(raw, 64)
  const one = await bench.measure(ours, 64)
  const many = await bench.measure(ours, 512)
  const single = await bench.measure(ours, 1)
  const streams = await bench.measure(() => streamRequest(connection), 64)
  await close()
  child.disconnect()
  const ratio = streams.cpu / one.cpu
  const rows: Row[] = [
    row('node:net, 64 in flight', socket),
    row('libp2p, a stream per request, 64 in flight', streams),
    { ...row('our channel, 64 in flight', one), gate: atMost(one.cpu, 12, ' µs') },
    {
      label: 'less than a stream per request by',
      values: [`${ratio.toFixed(1)}×`, '', '', ''],
      gate: atLeast(ratio, 25, '×'),
    },
    row('our channel, 512 in flight', many),
    row('our channel, 1 in flight', single),
  ]
  return [
    {
      title: 'A 64-byte request and its reply',
      columns: ['CPU µs, both ends', 'requests/s', 'p50 ms', 'p99 ms'],
      rows,
      notes: [
        'Two processes, TCP on loopback. Ours: codec with validation, limits, network key, Noise, Yamux.',
        'node:net: neither encryption nor checks, one write per message.',
      ],
    },
  ]
}

class Bench {
  readonly #child: ChildProcess
  readonly #plan: { readonly runs: number; readonly length: number; readonly warmUp: number }

  constructor(child: ChildProcess, plan: { readonly runs: number; readonly length: number; readonly warmUp: number }) {
    this.#child = child
    this.#plan = plan
  }

  /** The median of several runs, after one to warm up. */
  async measure(request: Request, inFlight: number): Promise<Figures> {
    await this.#run(request, inFlight, this.#plan.warmUp)
    const runs: Figures[] = []
    for (let run = 0; run < this.#plan.runs; run++) runs.push(await this.#run(request, inFlight, this.#plan.length))
    return {
      cpu: median(runs.map(({ cpu }) => cpu)),
      rate: median(runs.map(({ rate }) => rate)),
      p50: median(runs.map(({ p50 }) => p50)),
      p99: median(runs.map(({ p99 }) => p99)),
    }
  }

  async #run(request: Request, inFlight: number, length: number): Promise<Figures> {
    const latencies: number[] = []
    const theirs = await this.#cpuOfChild()
    const own = process.cpuUsage()
    const start = performance.now()
    const end = start + length
    const loop = async (): Promise<void> => {
      for (let now = performance.now(); now < end;) {
        await request()
        const after = performance.now()
        latencies.push(after - now)
        now = after
      }
    }
    await Promise.all(Array.from({ length: inFlight }, loop))
    const elapsed = performance.now() - start
    const { user, system } = process.cpuUsage(own)
    const count = latencies.length
    const cpu = (user + system + (await this.#cpuOfChild()) - theirs) / count
    latencies.sort((left, right) => left - right)
    return {
      cpu,
      rate: (count / elapsed) * 1000,
      p50: latencies[count >> 1] ?? 0,
      p99: latencies[Math.floor(count * 0.99)] ?? 0,
    }
  }

  async #cpuOfChild(): Promise<number> {
    this.#child.send('cpu')
    const [microseconds] = (await once(this.#child, 'message')) as [number]
    return microseconds
  }
}

async function channelTo({ addresses }: ServerInfo): Promise<{
  readonly request: Request
  readonly connection: Connection
  readonly close: () => Promise<void>
}> {
  const network = networkSecret('bench')
  const node = await createNode({ network, listen: [], mdns: false })
  const host = createHost({ node, network })
  const { promise: connected, resolve } = Promise.withResolvers<PeerId>()
  const echo = runEcho(host, resolve)
  await host.start()
  const connection = await node.dial(multiaddr(addresses[0]))
  const server = await connected
  return {
    request: () => echo.request(server, payload),
    connection,
    async close() {
      await host.stop()
      await node.stop()
    },
  }
}

/** As libp2p's own protocols do it: open, write, read, close. */
async function streamRequest(connection: Connection): Promise<void> {
  const stream = await connection.newStream('/bench/stream-per-request/1.0.0', {
    negotiateFully: false,
    maxOutboundStreams: 5000,
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  stream.addEventListener('message', () => {})
  stream.addEventListener('close', ({ error }) => (error === undefined ? resolve() : reject(error)))
  stream.send(payload)
  await Promise.all([stream.close(), promise])
}

async function socketTo({ port }: ServerInfo): Promise<Request> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const pending = new Map<number, (payload: Uint8Array) => void>()
  const framed = new FramedSocket(socket, (number, reply) => {
    const answered = pending.get(number)
    pending.delete(number)
    answered?.(reply)
  })
  let number = 0
  return () =>
    new Promise((resolve) => {
      number++
      pending.set(number, resolve)
      framed.send(number, payload)
    })
}

function row(label: string, { cpu, rate, p50, p99 }: Figures): Row {
  return { label, values: [cpu, Math.round(rate), p50, p99] }
}
