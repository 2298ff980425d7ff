import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { MemberState, MembershipEvent } from '../../../node/protocol/index.ts'
import { MemberProcess, until, type MemberSettings, type NetworkName } from './member.ts'

/** Above what waiting for a member allows itself, so that it is the wait which says what did not come. */
const limit = { timeout: 180_000 }

/** A member that is gone after the test. */
async function start(settings: MemberSettings): Promise<MemberProcess> {
  const member = await MemberProcess.start(settings)
  onTestFinished(() => member.kill())
  return member
}

/** One that is there, and others that start at once and know of that one alone. */
async function group(count: number, settings: MemberSettings): Promise<[MemberProcess, ...MemberProcess[]]> {
  const first = await start(settings)
  const join = [first.address, ...(settings.join ?? [])]
  const others = Array.from({ length: count - 1 }, () => start({ ...settings, join }))
  return [first, ...(await Promise.all(others))]
}

/** Resolves when each of them takes exactly these for alive. */
async function allAlive(members: readonly MemberProcess[]): Promise<void> {
  const ids = members.map(({ id }) => id).toSorted()
  const areThere = ({ alive }: MemberProcess): boolean => ids.join() === alive.toSorted().join()
  await until(members, 'that all are alive', () => members.every(areThere))
}

/** Resolves when a member is that to all others. @returns what they have told of it on the way there */
async function becomes(
  state: MemberState,
  { id }: MemberProcess,
  others: readonly MemberProcess[],
  act: () => Promise<void>,
): Promise<Set<MembershipEvent['type']>> {
  const before = others.map(({ events }) => events.length)
  await act()
  await until(others, `that ${id} is ${state}`, () => others.every((member) => member.state(id)?.state === state))
  const heard = others.flatMap(({ events }, index) => events.slice(before[index]))
  return new Set(heard.filter(({ peer }) => peer === id).map(({ type }) => type))
}

function unique(): NetworkName {
  return { name: `test-${process.pid}-${randomBytes(4).toString('hex')}` }
}

// Ten processes cost much to start: the three are about the same ones, in turn.
describe('ten processes of which nine know one address', () => {
  const started: MemberProcess[] = []
  const network = unique()
  const home = mkdtempSync(join(tmpdir(), 'peerloom-member-'))
  let first: MemberProcess
  let others: MemberProcess[]
  let last: MemberProcess

  async function startOne(settings: MemberSettings): Promise<MemberProcess> {
    const member = await MemberProcess.start(settings)
    started.push(member)
    return member
  }

  /** The only one that is the same peer at each start. */
  function startLast(): Promise<MemberProcess> {
    return startOne({ network, directory: home, join: [first.address] })
  }

  beforeAll(async () => {
    first = await startOne({ network })
    const eight = Array.from({ length: 8 }, () => startOne({ network, join: [first.address] }))
    ;[last, ...others] = await Promise.all([startLast(), ...eight])
  }, limit.timeout)

  afterAll(async () => {
    await Promise.all(started.map((member) => member.kill()))
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  })

  test('all know each other', limit, async () => {
    const members = [first, ...others, last]
    await allAlive(members)
    expect(new Set(members.map(({ id }) => id)).size).toBe(10)
  })

  test('one that is killed has failed at all others, and is back with a higher incarnation', limit, async () => {
    const killed = last
    const witnesses = [first, ...others]
    const before = witnesses.map((member) => member.state(killed.id)?.incarnation ?? Infinity)
    const news = await becomes('failed', killed, witnesses, () => killed.kill())
    expect(news).toContain('failed')
    expect(news).not.toContain('left')

    last = await startLast()
    expect(last.id).toBe(killed.id)
    await allAlive([...witnesses, last])
    for (const [index, member] of witnesses.entries()) {
      expect(member.state(last.id)?.incarnation).toBeGreaterThan(before[index] ?? Infinity)
    }
  })

  test('one that ends properly has left at all others, and has failed at none', limit, async () => {
    const witnesses = [...others, last]
    const news = await becomes('left', first, witnesses, () => first.leave())
    expect(news).toContain('left')
    expect(news).not.toContain('failed')
    await allAlive(witnesses)
  })
})

test.for<[string, () => readonly [NetworkName, NetworkName]]>([
  ['of two names', () => [unique(), unique()]],
  [
    'of one name and two keys',
    () => {
      const { name } = unique()
      const key = (): string => randomBytes(32).toString('hex')
      return [
        { name, key: key() },
        { name, key: key() },
      ]
    },
  ],
])('networks %s side by side never see each other, though they call on each other', limit, async ([, names]) => {
  const [ours, theirs] = names()
  const left = await group(3, { network: ours })
  // Each of these calls on a peer of the other network as well.
  const right = await group(3, { network: theirs, join: [left[0].address] })
  await Promise.all([allAlive(left), allAlive(right)])
  const everyone = [...left, ...right]
  await until(everyone, 'a refusal', () => everyone.some(({ refusals }) => refusals.includes('wrong-network')))
  // News travels on after the meeting: one that comes late is known to its own network only.
  const late = await start({ network: theirs, join: [right[0].address, left[0].address] })
  await Promise.all([allAlive(left), allAlive([...right, late])])
  const [ourIds, theirIds] = [left, [...right, late]].map((members) => new Set(members.map(({ id }) => id)))
  for (const { events } of left) expect(events.filter(({ peer }) => theirIds?.has(peer))).toEqual([])
  for (const { events } of [...right, late]) expect(events.filter(({ peer }) => ourIds?.has(peer))).toEqual([])
})
