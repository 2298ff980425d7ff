import { expect, test } from 'vitest'
import { experiment as oneWayLoss } from './rapid/one-way-loss.ts'
import { experiment } from './swim/message-load.ts'
import { Workers } from './workers.ts'

test('outcomes come in the order of the trials, the same as in this process', async () => {
  const trials = [64, 8, 32, 16].map((size) => ({ seed: 1, size }))
  const done: number[] = []
  using workers = new Workers((count) => void done.push(count))
  expect(await workers.run(experiment, trials)).toEqual(trials.map((trial) => experiment.run(trial)))
  expect(done).toEqual([1, 2, 3, 4])
})

test('a trial that throws says which it was', async () => {
  using workers = new Workers(() => {})
  const options = { probeInterval: 0 }
  const trial = { options, seed: 7, size: 8, faulty: 0.5, direction: 'sent' as const, loss: 1, duration: 1000 }
  await expect(workers.run(oneWayLoss, [trial])).rejects.toThrow(/"seed":7.*probeInterval = 0/s)
})
