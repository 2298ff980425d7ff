import { expect, test } from 'vitest'
import { runAway } from './away.ts'
import { runLan } from './lan-documents.ts'
import { runOneDocument } from './one-document.ts'

test('a local network of peers that crash and come back agrees on all of its documents', { timeout: 120_000 }, () => {
  const figures = runLan({ seed: 1, peers: 12, documents: 60, changes: 300, crashes: 8 })
  expect(figures).toMatchObject({ lost: 0, states: 1 })
  expect(figures.acknowledged).toBeGreaterThan(200)
  // Nobody is sent the documents over and over: gossip and comparing together stay within a few times the least.
  const { documents, gossip } = figures.bytesPerChange
  expect((documents + gossip) / figures.leastBytesPerChange).toBeLessThan(8)
})

test(
  'who was away for a day has the first of what is missing after two round trips, and then all',
  { timeout: 60_000 },
  () => {
    const figures = runAway({ documents: 20, changes: 1000 })
    expect(figures).toMatchObject({ isEqual: true, repeated: 0 })
    expect(figures.roundTrips).toBeLessThanOrEqual(2)
    expect(figures.overheadBytes).toBeLessThan(figures.changesBytes / 10)
  },
)

test.each([
  [16, 250],
  [100, 1400],
])(
  'a document of %i replicas is compared in %i bytes and one round trip, and nothing is sent twice',
  (replicas, bytes) => {
    const figures = runOneDocument(replicas)
    expect(figures).toMatchObject({ isEqual: true, roundTrips: 1, setsSent: 2 })
    expect(figures.summaryBytes).toBeLessThanOrEqual(bytes)
  },
)
