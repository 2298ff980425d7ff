// Two peers exchange what JavaScript makes trouble with; run as it is, and with --disable-proto=throw. Tells its parent
// what the peer shows that has written none of it.
import { Simulation, type SimulatedPeer } from '../../node/simulation/index.ts'
import { documents, type Documents } from '../../crdt/replicator/index.ts'
import type { Document } from '../../crdt/index.ts'

const keys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  '\uD800',
  '\u0000',
  '\u{1F980}',
]
const numbers = [2 ** 53, -(2 ** 53), Number.MAX_SAFE_INTEGER, -0, NaN, Infinity, 5e-324, 1.5]
const texts = ['\uD800', '\uDC00\uD800', 'a\uDFFFb', '', '__proto__', '\u{1F980}']

/** @returns why it was refused, in the words of its error, or nothing */
function attempt(edit: () => void): string | undefined {
  try {
    edit()
    return undefined
  } catch (error) {
    return (error as Error).name
  }
}

/** Every way into a document. */
function edit(document: Document): (string | undefined)[] {
  const [map, list, text, set] = [
    document.map('map'),
    document.list('list'),
    document.text('text'),
    document.set('set'),
  ]
  const results: (string | undefined)[] = []
  for (const key of keys) {
    results.push(attempt(() => map.set(key, key)))
    results.push(attempt(() => map.set(`nested ${key}`, { [key]: [key], deep: JSON.parse(`{"__proto__": 1}`) })))
    results.push(attempt(() => document.map(key).set('here', true)))
    results.push(attempt(() => set.add(key)))
  }
  for (const number of numbers) {
    results.push(attempt(() => map.set(`number ${number}`, number)))
    results.push(attempt(() => list.insert(0, number)))
    results.push(attempt(() => document.counter('counter').add(number)))
  }
  for (const string of texts) {
    results.push(attempt(() => text.insert(0, string)))
    results.push(attempt(() => list.insert(0, string)))
  }
  return results
}

const simulation = new Simulation({ encodeMessages: true })
const peers: SimulatedPeer<Documents>[] = ['one', 'other'].map((name) => {
  const author = simulation.authorKey(name)
  return simulation.addPeer(name, (host) => documents({ network: 'test', author, counter: 0 }).attach(host))
})
const [one, other] = peers as [SimulatedPeer<Documents>, SimulatedPeer<Documents>]
simulation.connect(one, other)
const [mine, theirs] = [one.api.open('notes'), other.api.open('notes')]
const refused = edit(mine)
simulation.run(5000)
simulation.crash(other)
simulation.restart(other)
simulation.run(5000)
const again = other.api.open('notes')
process.send?.({
  refused: refused.filter((name) => name !== undefined),
  tried: refused.length,
  shown: [mine, again].map((document) => JSON.stringify(document.toJSON())),
  versions: [mine, theirs, again].map(({ version }) => JSON.stringify(version)),
  isPolluted: 'here' in {} || Object.keys(Object.prototype).length > 0,
  statistics: again.statistics,
})
