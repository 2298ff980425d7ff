import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Listeners, type Member, type MembershipEvent, type PeerId } from '../../../node/protocol/index.ts'

/** A network, with its key in hexadecimal digits if it has one. */
export interface NetworkName {
  readonly name: string
  readonly key?: string
}

/** What the process of a member is told at its start. */
export interface MemberSettings {
  readonly network: NetworkName
  /** Where it keeps its identity; left out, it is another peer at each start. */
  readonly directory?: string
  readonly join?: readonly string[]
}

/** What it tells from then on. */
export type MemberNews =
  | {
      readonly type: 'up'
      readonly peer: PeerId
      readonly address: string
      readonly members: readonly Member[]
    }
  | { readonly type: 'event'; readonly event: MembershipEvent; readonly members: readonly Member[] }
  | { readonly type: 'refused'; readonly reason: string }

/** A bound that only a failing test runs into, far above what a busy machine needs. */
const patience = 90_000

/** A peer in a process of its own, and what that process has told of the group so far. */
export class MemberProcess {
  readonly id: PeerId
  /** Where others reach it. */
  readonly address: string
  readonly events: MembershipEvent[] = []
  /** Reasons why something of another peer was refused. */
  readonly refusals: string[] = []
  /** Of everything that it tells. */
  readonly news: Listeners<MemberNews> = new Listeners()
  readonly #child: ChildProcess
  #members: readonly Member[]

  private constructor(child: ChildProcess, { peer, address, members }: MemberNews & { readonly type: 'up' }) {
    this.id = peer
    this.address = address
    this.#child = child
    this.#members = members
    child.on('message', (news) => this.#hear(news as MemberNews))
  }

  /** Resolves when the peer is up. */
  static async start(settings: MemberSettings): Promise<MemberProcess> {
    const child = fork(new URL('member-process.ts', import.meta.url), [JSON.stringify(settings)], { execArgv: [] })
    const [news] = (await Promise.race([once(child, 'message'), endOf(child)])) as [MemberNews & { type: 'up' }]
    return new MemberProcess(child, news)
  }

  /** As it believed last. */
  state(peer: PeerId): Member | undefined {
    return this.#members.find((member) => member.peer === peer)
  }

  /** Whoever it believes to be alive, itself included. */
  get alive(): PeerId[] {
    return this.#members.flatMap(({ peer, state }) => (state === 'alive' ? [peer] : []))
  }

  /** Ends properly. */
  async leave(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.send('leave')
    await ended
  }

  /** kill −9. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  #hear(news: MemberNews): void {
    if (news.type === 'refused') this.refusals.push(news.reason)
    if (news.type === 'event') {
      this.events.push(news.event)
      this.#members = news.members
    }
    this.news.tell(news)
  }

  /** What it believes, for a reader. */
  toString(): string {
    return `${this.id}: ${this.#members.map(({ peer, state, incarnation }) => `${peer} ${state} ${incarnation}`).join(', ')}`
  }
}

/** Resolves when that holds of what these have told; looks again whenever one of them tells something. */
export async function until(members: readonly MemberProcess[], wish: string, holds: () => boolean): Promise<void> {
  const looking = new AbortController()
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => (holds() ? resolve() : undefined)
      for (const member of members) member.news.subscribe(look, { signal: looking.signal })
      timer = setTimeout(() => reject(new Error(`${wish} did not come:\n${members.join('\n')}`)), patience)
      look()
    })
  } finally {
    looking.abort()
    clearTimeout(timer)
  }
}

async function endOf(child: ChildProcess): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null]
  throw new Error(`The process of a member ended with ${code} before it was up`)
}
