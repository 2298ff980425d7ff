import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { documentName, mapName, type Library } from '../library.ts'

interface YMap {
  set(key: string, value: unknown): void
  observe(listener: (event: { readonly keysChanged: ReadonlySet<string | null> }) => void): void
}

interface YDoc {
  getMap(name: string): YMap
}

interface Provider {
  once(event: 'sync', listener: () => void): void
}

interface Modules {
  readonly Doc: new () => YDoc
  readonly WebsocketProvider: new (address: string, room: string, doc: YDoc, options: object) => Provider
  readonly WebSocket: unknown
  readonly WebSocketServer: new (options: { readonly server: Server }) => {
    on(event: 'connection', listener: (...connection: readonly unknown[]) => void): void
  }
  readonly setupWSConnection: (...connection: readonly unknown[]) => void
}

/** Yjs with y-websocket: the server, which is in the writer's process, and two clients of it. */
export async function yjs(): Promise<Library> {
  const modules = await importAll()
  return {
    async write() {
      const server = createServer().listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      new modules.WebSocketServer({ server }).on('connection', modules.setupWSConnection)
      const address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
      const operations = await connect(modules, address)
      return {
        address,
        joined: () => Promise.resolve(),
        put(operation) {
          operations.set(String(operation), operation)
          return undefined
        },
      }
    },
    async replicate(_directory, address, seen) {
      const operations = await connect(modules, address)
      operations.observe(({ keysChanged }) => keysChanged.forEach((key) => seen(Number(key))))
    },
  }
}

async function connect({ Doc, WebsocketProvider, WebSocket }: Modules, address: string): Promise<YMap> {
  const doc = new Doc()
  const provider = new WebsocketProvider(address, documentName, doc, {
    WebSocketPolyfill: WebSocket,
    // Processes do not share one anyway.
    disableBc: true,
  })
  await new Promise<void>((resolve) => provider.once('sync', resolve))
  return doc.getMap(mapName)
}

async function importAll(): Promise<Modules> {
  const [{ Doc }, { WebsocketProvider }, { setupWSConnection }, { WebSocket, WebSocketServer }] = await Promise.all([
    importPeer('yjs'),
    importPeer('y-websocket'),
    importPeer('@y/websocket-server/utils'),
    importPeer('ws'),
  ])
  return { Doc, WebsocketProvider, setupWSConnection, WebSocket, WebSocketServer } as Modules
}

/** From this folder's own packages, whose types are not there before they are installed. */
async function importPeer(name: string): Promise<Partial<Modules>> {
  return (await import(name)) as Partial<Modules>
}
