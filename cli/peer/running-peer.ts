import { toString } from 'uint8arrays'
import { createPeer, type Peer } from '../../node/peer/index.ts'
import { ControlServer } from '../control/server.ts'
import { operations } from '../control/operations/index.ts'
import { Failure } from '../failure.ts'
import { packageFile, packageVersion } from '../package.ts'
import { PageServer, type PeerInvitation } from '../pages/page-server.ts'
import { StaticFiles } from '../pages/static-files.ts'
import { privateDirectory, type Profile } from '../profile.ts'
import { boundPorts, choosePorts, everyInterface, isFree, portInUse } from './addresses.ts'
import { commandLineOverlays, type CommandLineOverlays } from './command-line-overlays.ts'
import { ReplicationCounts } from './replication-counts.ts'
import { defaultStructuredOverlays, writeSettings, type Settings } from './settings.ts'

export interface RunningPeerOptions {
  readonly profile: Profile
  readonly settings: Settings
  readonly key: Uint8Array | undefined
  /** For people: what happens while the peer runs. */
  readonly note: (text: string) => void
}

/** A peer with what the command line puts around it: control socket, page, settings that survive it. */
export class RunningPeer {
  readonly profile: Profile
  readonly settings: Settings
  readonly key: Uint8Array | undefined
  readonly version: string = packageVersion()
  readonly counts: ReplicationCounts = new ReplicationCounts()
  readonly started: number = performance.now()
  readonly peer: Peer<CommandLineOverlays>
  #control: ControlServer | undefined
  #pages: PageServer | undefined
  #stopping: Promise<void> | undefined
  /** Resolves when the peer has stopped, for whatever reason. */
  readonly stopped: Promise<void>
  #tellStopped: () => void = () => {}
  #failure: Error | undefined

  private constructor({ profile, settings, key, note }: RunningPeerOptions, peer: Peer<CommandLineOverlays>) {
    this.profile = profile
    this.settings = settings
    this.key = key
    this.peer = peer
    this.stopped = new Promise((resolve) => (this.#tellStopped = resolve))
    peer.subscribe((event) => {
      this.counts.hear(event)
      if (event.type === 'failed') note(`${event.protocol} failed: ${event.error.message}`)
      if (event.type === 'store-failed') {
        this.#failure ??= event.error
        void this.stop()
      }
    })
  }

  /** @throws Failure, StoreInUseError */
  static async start(options: RunningPeerOptions): Promise<RunningPeer> {
    const { profile, settings, key } = options
    privateDirectory(profile.directory)
    const listen = settings.listen.length > 0 ? settings.listen : everyInterface
    const peer = await createPeer({
      directory: profile.directory,
      network: { name: settings.network, ...(key === undefined ? {} : { key }) },
      listen: await choosePorts(listen, settings.ports),
      mdns: settings.mdns,
      join: settings.join,
      overlays: await commandLineOverlays(settings.overlays ?? defaultStructuredOverlays),
      documents: { follow: ['*'] },
    })
    const running = new RunningPeer(
      { ...options, settings: { ...settings, ports: boundPorts(listen, peer.addresses) } },
      peer,
    )
    try {
      await running.#open()
    } catch (error) {
      await running.stop()
      throw error
    }
    return running
  }

  /** Why it stopped, where nobody asked it to. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** With its token. */
  get page(): string | undefined {
    return this.#pages?.url
  }

  /** Leaves the network, closes everything. Exchanges on the control socket may still be answered: see `finished`. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => this.#tellStopped())
    return this.#stopping
  }

  /** Resolves when the last exchange has been answered. */
  async finished(): Promise<void> {
    await this.#control?.finished()
  }

  async #open(): Promise<void> {
    const { peer, profile, settings } = this
    peer.overlays.members.setTags(settings.tags ?? {})
    this.#pages = await this.#openPages()
    writeSettings(profile.directory, { ...settings, pagePort: this.#pages?.port ?? settings.pagePort })
    this.#control = await ControlServer.listen(profile.socket, operations(this))
  }

  async #openPages(): Promise<PageServer | undefined> {
    const { page, pagePort, token } = this.settings
    if (page === false) return undefined
    const isFormerFree = page === 0 && pagePort > 0 && (await isFree('127.0.0.1', pagePort))
    return PageServer.listen({
      port: isFormerFree ? pagePort : page,
      token,
      files: new StaticFiles(packageFile('dist/web')),
      invitation: () => this.#invitation(),
    })
  }

  #invitation(): PeerInvitation {
    const { key, peer, profile, version } = this
    return {
      network: { name: peer.network, ...(key === undefined ? {} : { key: toString(key, 'base64url') }) },
      join: peer.addresses.filter((address) => address.startsWith('/ip4/127.0.0.1/') && address.includes('/ws/')),
      profile: profile.name,
      version,
    }
  }

  async #stop(): Promise<void> {
    this.#control?.stopListening()
    await this.#pages?.close()
    await this.peer.stop()
  }
}

/** libp2p tells where it cannot listen, and why, in the middle of a long text. */
export function explainStart(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const inUse = /EADDRINUSE[^\n]*?:(\d+)\s*$/m.exec(error.message)
  if (inUse !== null) return portInUse(Number(inUse[1]))
  const elsewhere = /^ *(\/\S+): (?:\w*Error: )?(.+)$/m.exec(error.message)
  if (elsewhere !== null) {
    return new Failure('failure', `Cannot listen on ${elsewhere[1]}: ${elsewhere[2]}`, { cause: error })
  }
  if (error instanceof RangeError) return new Failure('usage', error.message, { cause: error })
  return error
}
