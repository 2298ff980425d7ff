import { Recorder, type AddressBook, type MemberState, type PeerId } from '../../../node/protocol/index.ts'
import { swimDefinition } from '../../../overlays/swim/index.ts'
import type {
  MemberUpdate,
  SwimCore,
  SwimEvent,
  SwimMessage,
  SwimOptions,
  SwimTimer,
} from '../../../overlays/swim/index.ts'

/** Piggybacking alone, as in the paper, and no exchange of lists for an hour: what happens is what the test does. */
const quiet: SwimOptions = { gossipInterval: 0, syncInterval: 3_600_000 }

export interface MemberSetup extends SwimOptions {
  readonly seed?: number
  /** Its name. @default 'self' */
  readonly self?: string
  readonly addresses?: AddressBook
}

type Body = SwimMessage extends infer Message
  ? Message extends SwimMessage
    ? Omit<Message, 'incarnation' | 'updates' | 'health'> & { readonly health?: number }
    : never
  : never

/** A single member against the recorder; the test plays all others. */
export class RecordedMember {
  readonly recorder: Recorder<SwimMessage, SwimTimer, SwimEvent>
  readonly core: SwimCore

  constructor({ seed = 1, self = 'self', addresses, ...options }: MemberSetup = {}) {
    this.recorder = new Recorder({ seed, self })
    this.core = this.recorder.run(swimDefinition({ ...quiet, ...options }), { addresses })
    this.recorder.take()
  }

  /** Hears from that peer, which speaks for itself with the given incarnation, and is in good health. */
  hear(from: string, body: Body, updates: readonly MemberUpdate[] = [], incarnation = 0): void {
    this.core.receive({ health: 0, ...body, incarnation, updates }, from as PeerId)
  }

  /** Hears of these by gossip of `from`. */
  gossip(from: string, ...updates: MemberUpdate[]): void {
    this.hear(from, { type: 'gossip' }, updates)
  }

  /** Becomes acquainted with these, and forgets what it asked for meanwhile. */
  meet(...peers: string[]): void {
    for (const peer of peers) this.gossip(peer)
    this.recorder.take()
  }

  stateOf(peer: string): MemberState | undefined {
    return this.core.members().find((member) => member.peer === peer)?.state
  }

  /** What it sent since the last look, the updates left out. */
  sent(): string[] {
    return this.recorder.sent().map(({ to, message }) => {
      const target = message.type === 'ping-req' ? ` of ${message.target}` : ''
      return `${message.type}${target} to ${to}`
    })
  }

  /** Messages of one type that were sent since the last look. */
  messages<Type extends SwimMessage['type']>(
    type: Type,
  ): { readonly to: PeerId; readonly message: Extract<SwimMessage, { readonly type: Type }> }[] {
    return this.recorder.sent().filter(({ message }) => message.type === type) as never
  }

  /** Becomes acquainted with these, and tells what news there is of it until there is none left. */
  settleWith(...peers: string[]): void {
    this.meet(...peers)
    for (let told = true; told;) {
      this.hear(peers[0] ?? '', { type: 'ping', probe: 0 })
      told = this.messages('ack').some(({ message }) => message.updates.length > 0)
    }
  }

  /** What it asked for since the last look, a line each; updates in short, and none where there are none. */
  story(): string {
    return this.recorder
      .transcript()
      .replaceAll(' updates=[]', '')
      .replaceAll(/peer=(\S+) state=(\S+) incarnation=(\d+) addresses=\[\]/g, '$1 $2 $3')
  }

  /** Lets time pass until its next ping. */
  nextPing(): { readonly to: PeerId; readonly probe: number } {
    for (let waited = 0; waited <= 20_000; waited++) {
      this.recorder.advance(1)
      const [ping] = this.messages('ping')
      if (ping !== undefined) return { to: ping.to, probe: ping.message.probe }
    }
    throw new Error('No ping within twenty seconds')
  }
}

export function update(
  peer: string,
  state: MemberState,
  incarnation = 0,
  addresses: readonly string[] = [],
): MemberUpdate {
  return { peer: peer as PeerId, state, incarnation, addresses }
}
