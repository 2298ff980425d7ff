import { expect, test } from 'vitest'
import { RecordedMember } from './recorded-member.ts'

test('a place that has left while candidates for a finger were pinged keeps none of them', () => {
  const member = new RecordedMember({ fingerInterval: 1000 })
  const { core, ring, recorder } = member
  // A newcomer looks for its fingers ten times as often.
  recorder.advance(120)
  const step = member.sent('step').at(-1)!
  const owner = ring.nodes.indexOf(ring.owner(step.key))
  const nodes = Array.from({ length: 9 }, (_, index) => ring.nodes.at((owner - 1 + index) % ring.nodes.length)!)
  const [before, ...successors] = nodes as [(typeof nodes)[0]]
  member.answer(step, 'closer', [before])
  member.answer(member.sent('step').at(-1) ?? step, 'found', successors)
  const pings = member.sent('ping')
  expect(pings.length).toBeGreaterThan(0)
  core.nodes[0]?.leave()
  for (const ping of pings) member.answer(ping, 'yes')
  expect(core.nodes[0]?.fingers.entries()).toEqual([])
})
