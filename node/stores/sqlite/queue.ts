import { setImmediate as nextTurn } from 'node:timers/promises'
import { StoreFailedError } from '../../protocol/index.ts'

/** One piece of work on the database, in steps short enough for the event loop. */
export type Work<Result> = () => Generator<void, Result>

export interface Transactions {
  begin(): void
  /** Resolves nothing by itself: when it returns, what was written since `begin` would survive a crash. */
  commit(): void
  rollback(): void
  /** Everything that was asked for has been answered. */
  rest(): void
  /** What an error of the database means. `StoreFailedError` fails the writes gathered with it, too. */
  explain(error: unknown): Error
}

interface Task {
  readonly kind: 'read' | 'write'
  readonly work: Work<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** How long one turn works on the database, in milliseconds. A flush of the medium comes on top. */
const turnBudget = 8

/**
 * Does reads and writes in the order they were asked for, so that a read sees every write before it and never one that
 * is not kept. Writes asked for in one turn of the event loop share a transaction and with it the flush.
 */
export class WorkQueue {
  readonly #transactions: Transactions
  #tasks: Task[] = []
  #running: Promise<void> | undefined
  #turnEnd = 0

  constructor(transactions: Transactions) {
    this.#transactions = transactions
  }

  do<Result>(kind: 'read' | 'write', work: Work<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#tasks.push({ kind, work, resolve: resolve as (result: unknown) => void, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when everything asked for so far is done. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    await this.#pause()
    while (this.#tasks.length > 0) {
      const tasks = this.#tasks
      this.#tasks = []
      for (let start = 0; start < tasks.length;) {
        let end = start + 1
        if (tasks[start]?.kind === 'write') while (tasks[end]?.kind === 'write') end++
        const group = tasks.slice(start, end)
        if (group[0]?.kind === 'write') await this.#write(group)
        else await this.#read(group)
        start = end
      }
      // Whoever waits for an answer hears it first.
      await this.#pause()
      if (this.#tasks.length === 0) this.#transactions.rest()
    }
    this.#running = undefined
  }

  async #read(tasks: readonly Task[]): Promise<void> {
    for (const task of tasks) {
      try {
        task.resolve(await this.#step(task.work))
      } catch (error) {
        task.reject(this.#transactions.explain(error))
      }
    }
  }

  /** All of them or, where one has no room or meets damage, each by itself. */
  async #write(tasks: readonly Task[]): Promise<void> {
    const results: unknown[] = []
    try {
      this.#transactions.begin()
      for (const task of tasks) results.push(await this.#step(task.work))
      this.#transactions.commit()
    } catch (error) {
      this.#transactions.rollback()
      const explained = this.#transactions.explain(error)
      if (tasks.length > 1 && !(explained instanceof StoreFailedError)) {
        for (const task of tasks) await this.#write([task])
      } else {
        for (const task of tasks) task.reject(explained)
      }
      return
    }
    for (const [index, task] of tasks.entries()) task.resolve(results[index])
  }

  async #step(work: Work<unknown>): Promise<unknown> {
    const steps = work()
    for (;;) {
      const { done, value } = steps.next()
      if (done === true) return value
      if (performance.now() >= this.#turnEnd) await this.#pause()
    }
  }

  async #pause(): Promise<void> {
    await nextTurn()
    this.#turnEnd = performance.now() + turnBudget
  }
}
