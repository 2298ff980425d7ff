// How soon a peer that was killed has everything again, whether anything is lost, and how long a large store takes to open.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CliPeer } from './cli-peer.ts'
import { reopening, reopeningMany } from './faults/reopening.ts'
import { atMost, median, type Row, type Subject } from './table.ts'
import { Typist } from './typist.ts'

type Three = readonly [CliPeer, CliPeer, CliPeer]

interface Recovery {
  /** From the start of the process until the peer is up, in milliseconds. */
  readonly up: number
  /** From the start of the process until it has everything. */
  readonly complete: number
}

interface Outcome {
  readonly recoveries: readonly Recovery[]
  readonly acknowledged: number
  readonly lost: number
}

/** Of typing before the kill, and between it and the new start, in milliseconds. */
const stretch = 1500

export const subject: Subject = async ({ quick }) => {
  const directory = await mkdtemp(join(tmpdir(), 'peerloom-bench-'))
  const peers = ['one', 'two', 'three'].map((name) => new CliPeer(directory, name)) as unknown as Three
  const rounds = quick ? 2 : 10
  try {
    for (const [index, peer] of peers.entries()) await peer.start(peers.slice(0, index))
    const another = await measure(peers, rounds, 'another')
    const own = await measure(peers, rounds, 'own')
    const outcomes = [
      ['another peer than the typist’s', another],
      ['the typist’s peer', own],
    ] as const
    return [
      {
        title: 'A peer is killed (kill −9) while text is typed, and started again',
        columns: ['rounds', 'median ms', 'worst ms'],
        rows: outcomes.flatMap(([name, { recoveries }]) => times(name, recoveries)),
        notes: [
          'Three processes of the command line on loopback, 20 transactions a second, one written in each.',
          'Complete: from the start of the process until that peer has all acknowledged transactions, and all three the ' +
            'same version. Typing goes on until it is up; into another peer where the typist’s was killed.',
        ],
      },
      {
        title: 'What is lost',
        columns: ['acknowledged', 'lost'],
        rows: outcomes.map(([name, { acknowledged, lost }]) => ({
          label: `killed: ${name}`,
          values: [acknowledged, lost],
          gate: atMost(lost, 0),
        })),
        notes: ['Lost: acknowledged transactions that any of the three lacks, or has twice, after a round.'],
      },
      await reopening(quick),
      await reopeningMany(quick),
    ]
  } finally {
    await Promise.all(peers.map((peer) => peer.kill()))
    await rm(directory, { recursive: true, force: true })
  }
}

async function measure(peers: Three, rounds: number, victim: 'another' | 'own'): Promise<Outcome> {
  const recoveries: Recovery[] = []
  let lost = 0
  const document = `killed ${victim}`
  const typist = new Typist(document)
  for (let round = 0; round < rounds; round++) {
    // Each is the typist's, and the victim, in its turn.
    const [typed, other, third] = peers.map((_, index) => peers[(index + round) % 3]) as unknown as Three
    typist.start(typed)
    await pause(stretch)
    if (victim === 'another') recoveries.push(await recover(other, document, typist, typed))
    else recoveries.push(await recover(typed, document, typist, third))
    for (const peer of peers) {
      await peer.converged(2)
      lost += typist.lacking(await peer.text(document))
    }
  }
  return { recoveries, acknowledged: typist.acknowledged, lost }
}

/** @param next where typing goes on meanwhile */
async function recover(victim: CliPeer, document: string, typist: Typist, next: CliPeer): Promise<Recovery> {
  await victim.kill()
  typist.start(next)
  await pause(stretch)
  const start = performance.now()
  await victim.start()
  const up = performance.now() - start
  await typist.stop()
  do await victim.converged(2)
  while (typist.lacking(await victim.text(document)) > 0 && performance.now() - start < 60_000)
  return { up, complete: performance.now() - start }
}

function times(name: string, recoveries: readonly Recovery[]): Row[] {
  const values = (figures: readonly number[]): number[] => [figures.length, median(figures), Math.max(...figures)]
  const complete = recoveries.map((recovery) => recovery.complete)
  return [
    { label: `${name}: up`, values: values(recoveries.map(({ up }) => up)) },
    { label: `${name}: complete`, values: values(complete), gate: atMost(Math.max(...complete), 5000, ' ms') },
  ]
}
