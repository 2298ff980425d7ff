// Runs trials for `workers.ts`, one after another.
import type { Experiment } from './experiment.ts'
import type { TrialAnswer, TrialRequest } from './workers.ts'

process.on('message', (request: TrialRequest) => {
  void answer(request).then((reply) => process.send?.(reply))
})
process.on('disconnect', () => process.exit())

async function answer({ index, module, parameters }: TrialRequest): Promise<TrialAnswer> {
  try {
    const { experiment } = (await import(module)) as { experiment: Experiment<unknown, unknown> }
    return { index, outcome: experiment.run(parameters) }
  } catch (error) {
    return { index, error: `${JSON.stringify(parameters)}: ${error instanceof Error ? error.stack : String(error)}` }
  }
}
