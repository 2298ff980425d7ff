import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLongRun } from '../../figures.ts'
import { BesiegedNetwork } from './besieged-network.ts'

const [lookups, values] = isLongRun ? [400, 200] : [40, 12]

/** They come, and stay: each case goes on where the one before has ended. */
describe('among fifteen honest peers', () => {
  const network = new BesiegedNetwork()

  beforeAll(() => network.start(15))
  afterAll(() => network.stop())

  test.each([
    [0.1, 0.99],
    [0.2, 0.97],
    [0.4, 0.9],
  ])('%d of all are Sybils: of peers, values and providers at least %d are found', async (share, gate) => {
    await network.besiege(share)
    const found = {
      peers: await network.foundPeers(lookups),
      values: await network.foundValues(values, `round ${share}`),
      providers: await network.foundProviders(values, `round ${share}`),
    }
    console.log(`${100 * share} % Sybils, found of all that was looked for:`, found)
    for (const one of Object.values(found)) expect(one).toBeGreaterThanOrEqual(gate)
  })

  test('and a stock node, which asks whomever it is told of, finds next to nobody', async () => {
    expect(await network.stockLookups(6, 3000)).toBeLessThan(0.5)
  })
})
