import type { Machine, Report } from './machine.ts'

export const names = ['alice', 'bob', 'carol'] as const
export type Name = (typeof names)[number]

export interface Ring {
  readonly peer: string
  readonly held: { readonly records: number; readonly bytes: number }
  readonly places: readonly { readonly onRing: boolean; readonly peer: string; readonly point: string }[]
  readonly gathered: readonly { readonly peer: string; readonly point: string }[]
}

/** Three peers of whom each knows the others, in every overlay that they run. */
export async function three(machine: Machine, ...words: readonly string[]): Promise<Record<Name, Report>> {
  const { report: alice } = await machine.up('alice', ...words)
  const join = ['--join', alice.addresses[0] ?? '']
  const others = await Promise.all([machine.up('bob', ...join, ...words), machine.up('carol', ...join, ...words)])
  const [bob, carol] = others.map(({ report }) => report) as [Report, Report]
  await Promise.all(names.map((name) => machine.text(['wait', '--members', '3', '--profile', name])))
  return { alice, bob, carol }
}

export async function untilGathered(machine: Machine, name: Name, others = 2): Promise<void> {
  const show = ['overlay', 'show', 'chord', '--profile', name]
  let known = -1
  while (known < others) known = (await machine.json<Ring>(show)).gathered.length
}

export async function untilInBuckets(machine: Machine, name: Name, others = 2): Promise<void> {
  const show = ['overlay', 'show', 'kademlia', '--profile', name]
  let known = -1
  while (known < others) {
    const { buckets } = await machine.json<{ readonly buckets: readonly { readonly peers: string[] }[] }>(show)
    known = buckets.flatMap(({ peers }) => peers).length
  }
}
