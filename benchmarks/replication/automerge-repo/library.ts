import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mapName, type Library } from '../library.ts'

type Content = Record<typeof mapName, Record<string, number>>

interface Patch {
  readonly action: string
  readonly path: readonly (string | number)[]
}

interface Handle {
  readonly url: string
  change(edit: (content: Content) => void): void
  on(event: 'change', listener: (event: { readonly patches: readonly Patch[] }) => void): void
}

interface Repo {
  create(content: Content): Handle
  find(url: string): Promise<Handle>
}

interface Modules {
  readonly Repo: new (options: {
    readonly network: readonly unknown[]
    readonly storage: unknown
    readonly sharePolicy?: () => Promise<boolean>
  }) => Repo
  readonly WebSocketClientAdapter: new (address: string) => unknown
  readonly WebSocketServerAdapter: new (server: unknown) => unknown
  readonly NodeFSStorageAdapter: new (directory: string) => unknown
  readonly WebSocketServer: new (options: { readonly server: Server }) => unknown
}

/** automerge-repo with its WebSocket adapters, a server in the writer's process, and files of nodefs on both sides. */
export async function automergeRepo(): Promise<Library> {
  const { Repo, ...modules } = await importAll()
  return {
    async write(directory) {
      const server = createServer().listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const repo = new Repo({
        network: [new modules.WebSocketServerAdapter(new modules.WebSocketServer({ server }))],
        storage: new modules.NodeFSStorageAdapter(directory),
        sharePolicy: () => Promise.resolve(true),
      })
      const handle = repo.create({ [mapName]: {} })
      const { port } = server.address() as AddressInfo
      return {
        address: `ws://127.0.0.1:${port} ${handle.url}`,
        joined: () => Promise.resolve(),
        put(operation) {
          handle.change((content) => {
            content[mapName][String(operation)] = operation
          })
          return undefined
        },
      }
    },
    async replicate(directory, address, seen) {
      const [server = '', url = ''] = address.split(' ')
      const network = [new modules.WebSocketClientAdapter(server)]
      const handle = await new Repo({ network, storage: new modules.NodeFSStorageAdapter(directory) }).find(url)
      handle.on('change', ({ patches }) => {
        for (const { action, path } of patches) {
          if (action === 'put' && path.length === 2 && path[0] === mapName) seen(Number(path[1]))
        }
      })
    },
  }
}

async function importAll(): Promise<Modules> {
  const [{ Repo }, { WebSocketClientAdapter, WebSocketServerAdapter }, { NodeFSStorageAdapter }, { WebSocketServer }] =
    await Promise.all([
      importPeer('@automerge/automerge-repo'),
      importPeer('@automerge/automerge-repo-network-websocket'),
      importPeer('@automerge/automerge-repo-storage-nodefs'),
      importPeer('ws'),
    ])
  return {
    Repo,
    WebSocketClientAdapter,
    WebSocketServerAdapter,
    NodeFSStorageAdapter,
    WebSocketServer,
  } as Modules
}

/** From this folder's own packages, whose types are not there before they are installed. */
async function importPeer(name: string): Promise<Partial<Modules>> {
  return (await import(name)) as Partial<Modules>
}
