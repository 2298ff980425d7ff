import type { Machine, Report, RunningVerb } from './machine.ts'

/** Of every verb that waits for something: a bound that a failing test runs into, far above what a busy machine needs. */
const patience = '40s'

/** What `peerloom status` tells, as far as tests use it. */
export interface Status extends Report {
  readonly members: number
  readonly connections: number
  readonly documents: number
}

/** One peer of a machine, and the verbs that talk to it. */
export class PeerProcess {
  readonly machine: Machine
  readonly #profile: string
  #running: RunningVerb | undefined

  constructor(machine: Machine, profile = 'default') {
    this.machine = machine
    this.#profile = profile
  }

  /** `peerloom up`, as it was before or as `words` say. @returns what it prints when the peer is up */
  async up(...words: readonly string[]): Promise<Report> {
    const running = await this.machine.again(this.#profile, ...words)
    this.#running = running
    const { pid } = running.child
    if (running.report.pid !== pid) throw new Error(`Process ${pid} is not the peer's, which is ${running.report.pid}`)
    return running.report
  }

  /** kill −9, as a power cut: nothing is said or written any more. */
  async kill(): Promise<void> {
    this.#running?.signal('SIGKILL')
    await this.#running?.ended()
  }

  /** Runs a verb. @returns what it prints. */
  run(...words: readonly string[]): Promise<string> {
    return this.machine.text(this.#patient(words))
  }

  /** Runs a verb that goes on until it is ended. */
  start(...words: readonly string[]): RunningVerb {
    return this.machine.start([...words, '--profile', this.#profile])
  }

  status(): Promise<Status> {
    return this.machine.json<Status>(this.#patient(['status']))
  }

  /** Adds a line at the end of a text, with whatever others do to it meanwhile; when it resolves, it is durable. */
  async append(document: string, line: string): Promise<void> {
    const env = { VISUAL: `printf '%s\\n' "$LINE" >>`, LINE: line }
    await this.machine.text(this.#patient(['doc', 'edit', document]), { env })
  }

  /** Resolves when so many other peers are in that state; hears of it from now on. */
  async untilMembers(state: string, count = 1): Promise<void> {
    const watch = this.start('members', '--watch', '--json', '--timeout', patience)
    const found = new Set<string>()
    while (found.size < count) {
      const { type, peer } = (await watch.json()) as { readonly type: string; readonly peer: string }
      if (type === state) found.add(peer)
      else found.delete(peer)
    }
    watch.signal('SIGKILL')
    await watch.ended()
  }

  /** Listens to a topic; resolves when it does. */
  async listen(topic: string): Promise<RunningVerb> {
    const listener = this.start('sub', topic)
    await listener.said(`Listening to ${topic}`)
    return listener
  }

  text(document: string): Promise<string> {
    return this.run('doc', 'export', document, '-')
  }

  /** Waits until so many peers, and all that are connected, have the documents of this one. */
  async converged(peers = 1): Promise<void> {
    await this.run('wait', '--converged', '--peers', String(peers))
  }

  #patient(words: readonly string[]): readonly string[] {
    return [...words, '--profile', this.#profile, '--timeout', patience]
  }
}
