import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Experiment, Laboratory } from './experiment.ts'

export interface TrialRequest {
  readonly index: number
  readonly module: string
  readonly parameters: unknown
}

export type TrialAnswer =
  { readonly index: number; readonly outcome: unknown } | { readonly index: number; readonly error: string }

/** A laboratory with a process for each core. */
export class Workers implements Laboratory, Disposable {
  readonly #processes: readonly ChildProcess[]
  readonly #progress: (done: number, all: number) => void

  /** @param progress is told after each trial */
  constructor(progress: (done: number, all: number) => void) {
    this.#progress = progress
    const file = fileURLToPath(new URL('./trial-process.ts', import.meta.url))
    this.#processes = Array.from({ length: availableParallelism() }, () => fork(file, { serialization: 'advanced' }))
  }

  /** @throws Error when a trial does, or a process ends */
  async run<Parameters, Outcome>(
    experiment: Experiment<Parameters, Outcome>,
    trials: readonly Parameters[],
  ): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = []
    let next = 0
    let done = 0
    const work = async (worker: ChildProcess): Promise<void> => {
      for (let index = next++; index < trials.length; index = next++) {
        outcomes[index] = (await ask(worker, {
          index,
          module: experiment.module,
          parameters: trials[index],
        })) as Outcome
        this.#progress(++done, trials.length)
      }
    }
    await Promise.all(this.#processes.map(work))
    return outcomes
  }

  [Symbol.dispose](): void {
    for (const worker of this.#processes) worker.kill()
  }
}

function ask(worker: ChildProcess, request: TrialRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', answered).off('exit', ended)
      act()
    }
    const answered = (answer: TrialAnswer): void =>
      settle(() => ('error' in answer ? reject(new Error(answer.error)) : resolve(answer.outcome)))
    const ended = (code: number | null, signal: string | null): void =>
      settle(() => reject(new Error(`The worker of trial ${request.index} ended with ${signal ?? code}`)))
    worker.on('message', answered).on('exit', ended)
    worker.send(request)
  })
}
