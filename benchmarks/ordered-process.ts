import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

type Reply<Answer> = { readonly answer: Answer } | { readonly failure: string }

/** A process that does what it is ordered, one order at a time, and ends with this one. */
export class OrderedProcess<Order extends { readonly type: string }> {
  readonly #process: ChildProcess

  /** @param words what the process finds in its `process.argv` */
  constructor(module: URL, words: readonly string[] = []) {
    // Standard output belongs to the tables.
    const stdio = ['ignore', process.stderr.fd, 'inherit', 'ipc'] as const
    this.#process = fork(module, words, { stdio: [...stdio], serialization: 'advanced' })
  }

  /** @throws Error when it cannot be done, or the process ends before it has answered */
  async ask<Answer>(order: Order): Promise<Answer> {
    if (!this.#process.connected) throw new Error(`A worker of the benchmark ended before it was asked: ${order.type}`)
    const ended = new AbortController()
    const exit = (): void => ended.abort(new Error(`A worker of the benchmark ended before it had done: ${order.type}`))
    this.#process.once('exit', exit)
    this.#process.send(order)
    try {
      const [reply] = (await once(this.#process, 'message', { signal: ended.signal })) as [Reply<Answer>]
      if ('failure' in reply) throw new Error(reply.failure)
      return reply.answer
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : error
    } finally {
      this.#process.off('exit', exit)
    }
  }

  /** kill −9. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }
}

/** The other end: answers every order of the parent, and ends with it. */
export function obeyOrders<Order>(obey: (order: Order) => Promise<unknown>): void {
  const reply = (message: Reply<unknown>): void => void process.send?.(message)
  process.on('message', (order) => {
    obey(order as Order).then(
      (answer) => reply({ answer }),
      (error: unknown) => reply({ failure: error instanceof Error ? error.message : String(error) }),
    )
  })
  process.on('disconnect', () => process.exit(0))
}
