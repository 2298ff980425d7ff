// A document of ours, and of the libraries that people replicate with, in two processes: the same job for all.
import { install, installedIn, installedOurs, staleness, type Installed } from './installation.ts'
import type { Load } from './replication/job.ts'
import { libraries, libraryNames, type LibraryName } from './replication/libraries.ts'
import { MachineTimes } from './replication/machine.ts'
import { longRun, runRounds, type Missing } from './replication/rounds.ts'
import { gatesTable, installationTable, jobTable } from './replication/tables.ts'
import type { Subject } from './table.ts'

export const subject: Subject = async ({ quick, libraries: chosen, repetitions = quick ? 1 : 3 }) => {
  const unknown = (chosen ?? []).filter((name) => !libraryNames.some((known) => known === name))
  if (unknown.length > 0)
    throw new Error(`No library named ${unknown.join(', ')}: there are ${libraryNames.join(', ')}`)
  const load: Load = quick ? { single: 50, many: 1000 } : { single: 200, many: 10_000 }
  const names = libraryNames.filter((name) => chosen === undefined || chosen.includes(name))
  const stale = staleness(['crdt', 'node', 'overlays'])
  const installations = new Map(names.map((name) => [name, installation(name)]))
  const machine = new MachineTimes()
  const outcomes = await runRounds(installations, load, repetitions, machine)
  const installed = new Map(
    [...installations].filter((entry): entry is [LibraryName, Installed] => 'packages' in entry[1]),
  )
  const told = [...stale, ...notes(load, repetitions), machine.note, versions(installed)]
  const measured = { outcomes, installed, load, notes: told }
  return [jobTable(measured), gatesTable(measured), installationTable(measured)]
}

/** A library that cannot be had on this machine is no reason not to measure the others. */
function installation(name: LibraryName): Installed | Missing {
  const { folder } = libraries[name]
  if (folder === undefined) return installedOurs()
  try {
    install(folder)
    return installedIn(folder)
  } catch (error) {
    return { failure: `not installed: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function versions(installed: ReadonlyMap<LibraryName, Installed>): string {
  const found = [...installed].flatMap(([name, { versions: all }]) =>
    libraries[name].packages.map((one) => `${one} ${all.get(one) ?? 'unknown'}`),
  )
  return `Measured: ${[...new Set(found)].join(', ')}. Peerbit is left out: as large as OrbitDB, and it needs a compiler for its decorators.`
}

function notes({ single, many }: Load, repetitions: number): string[] {
  const count = repetitions === 1 ? 'Once' : `${repetitions} times, libraries in turns: medians`
  return [
    `${count}; who takes more than ${longRun} s, once. Fresh processes and directories each time; TCP on loopback. An operation sets another key of a map, in a transaction of its own; OrbitDB adds a document.`,
    'First op: from the start of both processes, Node and the library loaded in each, with the document made, both connected (the replica has opened the document and says so, the writer too where its library can tell), until the first operation after that is seen. CPU is that of both processes.',
    `p50, p99: ${single} operations, the next when the last was seen; from the call until the replica’s user is told, by the clock that processes of a machine share (CLOCK_MONOTONIC).`,
    `${many.toLocaleString('en')} operations: as fast as the library takes them, the event loop having its turn after each 50 where a call is synchronous; until the replica’s user has been told of all. RSS as it is then, nothing collected.`,
    'Ours: everything as by default but mDNS; signatures cannot be turned off, so that ours in memory is signed and verified too, where the gates are those of an unsigned one.',
    'Yjs and automerge-repo: the WebSocket server is in the writer’s process. OrbitDB: Helia, TCP, Noise, Yamux, gossipsub; blocks are kept in memory.',
  ]
}
