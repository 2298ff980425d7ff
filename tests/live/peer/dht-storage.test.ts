import { expect, test } from 'vitest'
// oxlint-disable-next-line no-restricted-imports -- what a peer keeps for its ring is its own matter
import { openDhtStorage } from '../../../node/peer/dht-storage.ts'
import { memoryStore } from '../../../node/stores/memory/index.ts'

const hour = 3_600_000
const record = { kind: 'immutable', value: Uint8Array.of(1) } as const

test('a record goes on expiring while the peer is away, and is then gone from the store too', async () => {
  const store = memoryStore()
  let now = 1_000 * hour
  const open = async () => [...(await openDhtStorage(store, () => now)).entries()]
  const storage = await openDhtStorage(store, () => now)
  await storage.append([{ type: 'record', record, lifetime: 24 * hour }])
  now += 10 * hour
  expect(await open()).toEqual([{ type: 'record', record, lifetime: 14 * hour }])
  now -= 100 * hour
  // A clock that was set back adds nothing.
  expect(await open()).toEqual([{ type: 'record', record, lifetime: 24 * hour }])
  now += 200 * hour
  expect(await open()).toEqual([])
  expect(await store.scan('')).toEqual([])
})
