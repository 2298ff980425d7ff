import { expect, test } from 'vitest'
import { createRandom, integer, type DocumentId } from '../../../node/protocol/index.ts'
import {
  StoreReconciliation,
  type HeadIndex,
  type HeadRecord,
  type StoreMessage,
} from '../../../node/reconciliation/index.ts'
import { compareStores, indexOf, randomHead, randomRecord, randomRecords, trueDifference } from './two-stores.ts'

const common = randomRecords('changes', 1000)

test('what differs from beginning to end is found, whatever changes meanwhile, and no digest fails for it', () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = createRandom(`changes/${seed}`)
    const one = indexOf([...common, ...randomRecords(`one/${seed}`, integer(random, 200))])
    const other = indexOf([...common, ...randomRecords(`other/${seed}`, integer(random, 200))], { epoch: 2 })
    const [before, backwards] = [trueDifference(one, other), trueDifference(other, one)]
    const touched = new Set<DocumentId>()
    const change = (index: HeadIndex): void => {
      const { document } = common[integer(random, common.length)] as HeadRecord
      const fresh = randomRecord(random)
      const kind = integer(random, 4)
      if (kind < 2) index.set(document, randomHead(random))
      else if (kind === 2) index.delete(document)
      else index.set(fresh.document, fresh.head)
      touched.add(document).add(fresh.document)
    }
    const options = seed % 4 === 0 ? { symbolLimit: 64 } : {}
    const course = compareStores(one, other, {
      seed,
      begins: options,
      answers: options,
      meanwhile: () => {
        for (let count = integer(random, 5); count > 0; count--) change(random.next() < 0.5 ? one : other)
      },
    })
    for (const [side, truth] of [
      [course.begun, before],
      [course.answered, backwards],
    ] as const) {
      expect(side.outcome).toMatchObject({ kind: 'complete', isMismatch: false })
      const found = new Set([...side.carried, ...side.lacked].map(({ document }) => document))
      const wanted = [...truth.carried, ...truth.lacked].filter(({ document }) => !touched.has(document))
      expect(wanted.filter(({ document }) => !found.has(document))).toEqual([])
      const expected = new Set(wanted.map(({ document }) => document))
      for (const document of found) expect(expected.has(document) || touched.has(document)).toBe(true)
    }
  }
})

test('what has become the same meanwhile is not reported', () => {
  const news = randomRecords('same', 30)
  const [one, other] = [indexOf([...common, ...news]), indexOf(common)]
  const course = compareStores(one, other, {
    meanwhile: (round) => {
      if (round === 1) for (const { document, head } of news.slice(0, 20)) other.set(document, head)
    },
  })
  expect(course.answered.lacked).toHaveLength(10)
  expect(course.answered.outcome).toMatchObject({ kind: 'complete', isMismatch: false })
})

test('a store that changes too much meanwhile stops the session, and says so', () => {
  const [one, other] = [indexOf(common), indexOf(randomRecords('another', 900))]
  const course = compareStores(one, other, {
    meanwhile: (round) => {
      if (round === 1) for (const { document, head } of randomRecords('flood', 5000)) one.set(document, head)
    },
  })
  expect(course.begun.outcome).toMatchObject({ kind: 'stopped', limit: 'changes' })
  expect(course.answered.outcome).toMatchObject({ kind: 'stopped', limit: 'peer' })
})

test('messages doubled, late, early, or after the end change nothing', () => {
  const random = createRandom('doubled')
  const one = indexOf([...common, ...randomRecords('first', 150)])
  const other = indexOf([...common, ...randomRecords('second', 150)])
  const [begun, answered] = [new StoreReconciliation(one, random), new StoreReconciliation(other, random)]
  const unchanged = { carried: [], lacked: [] }
  const heard: StoreMessage[] = []
  let message: StoreMessage | undefined = begun.begin()
  let found = 0
  while (message !== undefined) {
    heard.push(message)
    const receiver: StoreReconciliation = message.round % 2 === 0 ? answered : begun
    const step = receiver.receive(message)
    found += step.carried.length + step.lacked.length
    message = step.reply
    for (const old of heard) expect((old.round % 2 === 0 ? answered : begun).receive(old)).toEqual(unchanged)
    expect(receiver.receive({ kind: 'more', round: 31, to: 5000 })).toEqual(unchanged)
  }
  expect(heard.map(({ kind }) => kind)).toEqual(['open', 'sketch', 'more', 'sketch', 'tell', 'tell'])
  expect([begun.outcome?.kind, answered.outcome?.kind, found]).toEqual(['complete', 'complete', 600])
})

test('a session whose message was lost is closed; what was found stands, and the next one finds the rest', () => {
  const [one, other] = [indexOf([...common, ...randomRecords('lost', 5)]), indexOf(common)]
  const random = createRandom('lost')
  const [begun, answered] = [new StoreReconciliation(one, random), new StoreReconciliation(other, random)]
  const first = answered.receive(begun.begin()).reply as StoreMessage
  const tell = begun.receive(first).reply as StoreMessage
  expect(answered.receive(tell).lacked).toHaveLength(5)
  begun.close()
  expect(begun.outcome).toMatchObject({ kind: 'stopped', limit: 'closed' })
  expect(answered.outcome).toMatchObject({ kind: 'complete' })
  expect(begun.receive({ ...first, round: 3 })).toEqual({ carried: [], lacked: [] })
  expect(compareStores(one, other).begun.carried).toHaveLength(5)
})
