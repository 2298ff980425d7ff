// The other process of `channel.ts`: answers in each of the ways that are compared, and tells its CPU time.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createHost, networkSecret } from '../node/libp2p/index.ts'
import { createNode } from '../node/libp2p/node.ts'
import { runEcho } from './echo-protocol.ts'
import { FramedSocket } from './framed-socket.ts'

export interface ServerInfo {
  readonly addresses: readonly string[]
  readonly port: number
}

const network = networkSecret('bench')
const node = await createNode({ network, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false })
const host = createHost({ node, network })
runEcho(host, () => {})
await host.start()

await node.handle(
  '/bench/stream-per-request/1.0.0',
  (stream) => {
    stream.addEventListener('message', ({ data }) => {
      stream.send(data)
      void stream.close()
    })
  },
  { maxInboundStreams: 5000 },
)

const server = createServer({ noDelay: true }, (socket) => {
  const framed = new FramedSocket(socket, (number, payload) => framed.send(number, payload))
})
server.listen(0, '127.0.0.1', () => {
  const info: ServerInfo = {
    addresses: node.getMultiaddrs().map(String),
    port: (server.address() as AddressInfo).port,
  }
  process.send?.(info)
})

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.(user + system)
})
process.on('disconnect', () => process.exit(0))
