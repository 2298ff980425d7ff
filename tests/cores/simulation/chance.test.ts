import { describe, expect, test } from 'vitest'
import { createRandom } from '../../../node/protocol/index.ts'
import {
  Simulation,
  cityLatency,
  cityTable,
  logNormalLatency,
  startChurn,
  type Lifetime,
} from '../../../node/simulation/index.ts'
import { echo } from './echo.ts'

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function draw(count: number, value: () => number): number[] {
  return Array.from({ length: count }, value).toSorted((left, right) => left - right)
}

describe('latency', () => {
  test('log-normal delays have the median and the spread that were asked for', () => {
    const random = createRandom(1)
    const latency = logNormalLatency(1000, 0.5)
    const delays = draw(20_000, () => latency(random, 0, 1))
    // Quantiles of the normal distribution: 15.87 % lie below one standard deviation, 97.72 % below two.
    expect(delays[10_000]! / 1000).toBeCloseTo(1, 1)
    expect(delays[Math.round(20_000 * 0.1587)]! / (1000 * Math.exp(-0.5))).toBeCloseTo(1, 1)
    expect(delays[Math.round(20_000 * 0.9772)]! / (1000 * Math.exp(1))).toBeCloseTo(1, 1)
    expect(delays.every((delay) => Number.isInteger(delay) && delay > 0)).toBe(true)
  })

  test('between cities it is half of the measured round trip, give or take the jitter', () => {
    const random = createRandom(1)
    const latency = cityLatency({ jitter: 0.2, within: 3 })
    const count = cityTable.cities.length
    for (let from = 0; from < count; from++) {
      for (let to = 0; to < count; to++) {
        const half = from === to ? 3 : cityTable.roundTrips[from]![to]! / 2
        const delay = latency(random, from + count, to)
        expect(delay).toBeGreaterThanOrEqual(Math.round(half * 0.8))
        expect(delay).toBeLessThanOrEqual(Math.round(half * 1.2))
      }
    }
  })

  test('the table of cities is square and symmetric, and nobody is far from home', () => {
    const { cities, roundTrips } = cityTable
    expect(new Set(cities).size).toBe(cities.length)
    expect(roundTrips.length).toBe(cities.length)
    for (const [from, row] of roundTrips.entries()) {
      expect(row.length).toBe(cities.length)
      for (const [to, milliseconds] of row.entries()) {
        if (from === to) expect(milliseconds).toBe(0)
        else expect(milliseconds).toBeGreaterThan(0)
        expect(milliseconds).toBe(roundTrips[to]![from])
      }
    }
  })

  test('some of the cities can be chosen, unknown ones are refused', () => {
    const latency = cityLatency({ cities: ['London', 'Tokyo'], jitter: 0 })
    const random = createRandom(1)
    expect(latency(random, 0, 2)).toBe(1)
    expect(latency(random, 0, 3)).toBe(106)
    expect(() => cityLatency({ cities: ['Atlantis'] })).toThrow(RangeError)
  })
})

describe('churn', () => {
  function endings(lifetime: Lifetime, crashShare: number): { lives: number[]; crashed: number; stopped: number } {
    const simulation = new Simulation({ seed: 3 })
    const began = new Map<string, number>()
    const lives: number[] = []
    let crashed = 0
    let stopped = 0
    simulation.observe((happening) => {
      if (happening.kind === 'started') began.set(happening.peer, happening.time)
      if (happening.kind !== 'crashed' && happening.kind !== 'stopped') return
      lives.push(happening.time - began.get(happening.peer)!)
      if (happening.kind === 'crashed') crashed++
      else stopped++
    })
    const spawn = (number: number) => simulation.addPeer(`p${number}`, (host) => host.run(echo(), undefined))
    startChurn(simulation, { spawn, arrivals: 600, lifetime, crashShare, until: 600_000 })
    simulation.run(2_000_000)
    return { lives: lives.toSorted((left, right) => left - right), crashed, stopped }
  }

  test('arrivals are a Poisson process, lives exponential, and a share of the ends are crashes', () => {
    const simulation = new Simulation({ seed: 4 })
    const arrivals: number[] = []
    simulation.observe(({ kind, time }) => {
      if (kind === 'started') arrivals.push(time)
    })
    const spawn = (number: number) => simulation.addPeer(`p${number}`, (host) => host.run(echo(), undefined))
    startChurn(simulation, { spawn, arrivals: 60, until: 3_600_000 })
    simulation.run(4_000_000)
    // 3,600 are expected, with a standard deviation of 60.
    expect(Math.abs(arrivals.length - 3600)).toBeLessThan(240)
    const gaps = arrivals.slice(1).map((time, index) => time - arrivals[index]!)
    // The standard deviation of exponential gaps is their mean.
    const deviation = Math.sqrt(mean(gaps.map((gap) => (gap - mean(gaps)) ** 2)))
    expect(deviation / mean(gaps)).toBeCloseTo(1, 1)
    const { lives, crashed, stopped } = endings({ scale: 5000 }, 0.25)
    expect(mean(lives) / 5000).toBeCloseTo(1, 1)
    expect(lives[Math.floor(lives.length / 2)]! / (5000 * Math.LN2)).toBeCloseTo(1, 1)
    expect(crashed / (crashed + stopped)).toBeCloseTo(0.25, 1)
  })

  test('Weibull lives have the quantiles of their shape', () => {
    const { lives } = endings({ scale: 5000, shape: 0.6 }, 0)
    for (const share of [0.25, 0.5, 0.75]) {
      const expected = 5000 * (-Math.log(1 - share)) ** (1 / 0.6)
      expect(lives[Math.floor(lives.length * share)]! / expected).toBeGreaterThan(0.88)
      expect(lives[Math.floor(lives.length * share)]! / expected).toBeLessThan(1.12)
    }
  })

  test('peers come back, with their disk or without, until it ends', () => {
    for (const disk of [true, false]) {
      const simulation = new Simulation({ seed: 5 })
      const restored: number[] = []
      const peer = simulation.addPeer('p', (host) =>
        host.run(echo(), undefined, ({ type }) => {
          if (type === 'restored') restored.push(simulation.now)
        }),
      )
      peer.api.keep(1)
      const options = { restartShare: 1, downtime: { scale: 500 }, disk, crashShare: 0, until: 60_000 }
      startChurn(simulation, { peers: [peer], lifetime: { scale: 1000 }, ...options })
      simulation.run(200_000)
      expect(peer.session).toBeGreaterThan(20)
      expect(restored.length).toBe(disk ? peer.session - 1 : 0)
    }
  })

  test('what makes no sense is refused', () => {
    const simulation = new Simulation()
    expect(() => startChurn(simulation, { crashShare: 2 })).toThrow(RangeError)
    expect(() => startChurn(simulation, { lifetime: { scale: 0 } })).toThrow(RangeError)
    expect(() => startChurn(simulation, { lifetime: { scale: 1, shape: Number.NaN } })).toThrow(RangeError)
  })
})
