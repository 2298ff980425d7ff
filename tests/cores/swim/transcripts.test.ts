import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { RecordedMember, update } from './recorded-member.ts'

test('SWIM §3.1, §4.2: a silent member is pinged through others, suspected, and confirmed as failed', () => {
  const member = new RecordedMember({ indirectProbes: 1, suspicionMultiplier: 1, seed: 3 })
  member.settleWith('b', 'c')
  const story: string[] = []
  const pass = (time: number): void => {
    member.recorder.advance(time)
    story.push(`after ${member.recorder.now} ms`, member.story())
  }
  for (const time of [700, 500, 500, 1000]) pass(time)
  expect(story.join('\n')).toMatchInlineSnapshot(`
    "after 700 ms
    send b ping probe=1 health=0 incarnation=0
    schedule +500 probe-timeout probe=1
    schedule +1000 period session=0
    after 1200 ms
    send c ping-req probe=1 target=b nack=true incarnation=0
    after 1700 ms
    schedule +1000 suspicion peer=b due=2629
    emit suspected peer=b incarnation=0
    send c ping probe=2 health=1 incarnation=0 updates=[b suspected 0]
    schedule +1000 probe-timeout probe=2
    schedule +2000 period session=0
    after 2700 ms
    emit failed peer=b incarnation=0
    schedule +3600000 forget"
  `)
})

test('Lifeguard §IV-A: a relay sends a nack when its time is up, and passes the ack on that comes after all', () => {
  const member = new RecordedMember({ probeInterval: 60_000 })
  member.settleWith('asker', 'target')
  member.hear('asker', { type: 'ping-req', probe: 7, target: 'target' as PeerId, nack: true })
  member.recorder.advance(400)
  member.hear('target', { type: 'ack', probe: 1 })
  expect(member.story()).toMatchInlineSnapshot(`
    "send target ping probe=1 health=0 incarnation=0
    schedule +400 nack probe=1
    send asker nack probe=7 health=0 incarnation=0
    send asker ack probe=7 health=0 incarnation=0"
  `)
})

test('Lifeguard §IV-B, §IV-C: a suspicion is confirmed, told to the suspect, and refuted', () => {
  const member = new RecordedMember({ probeInterval: 60_000, suspicionConfirmations: 2 })
  member.settleWith('b', 'c', 'd', 'suspect')
  member.gossip('b', update('suspect', 'suspected'))
  member.gossip('c', update('suspect', 'suspected'))
  member.hear('suspect', { type: 'ping', probe: 1 })
  member.hear('suspect', { type: 'gossip' }, [], 1)
  member.hear('d', { type: 'ping', probe: 2 })
  expect(member.story()).toMatchInlineSnapshot(`
    "schedule +1440000 suspicion peer=suspect due=1440000
    emit suspected peer=suspect incarnation=0
    schedule +682902 suspicion peer=suspect due=682902
    send suspect ack probe=1 health=0 incarnation=0 updates=[suspect suspected 0, suspect suspected 0 accuser=c]
    emit alive peer=suspect incarnation=1
    send d ack probe=2 health=0 incarnation=0 updates=[suspect alive 1]"
  `)
})

test('SWIM §4.2: the accused refutes with a higher incarnation, and probes more slowly (Lifeguard §IV-A)', () => {
  const member = new RecordedMember({ seed: 2 })
  member.settleWith('b')
  member.gossip('b', update('self', 'suspected'))
  member.hear('b', { type: 'ping', probe: 9 })
  member.recorder.advance(1000)
  expect(member.story()).toMatchInlineSnapshot(`
    "emit refuted incarnation=1
    send b ack probe=9 health=1 incarnation=1 updates=[self alive 1]
    send b ping probe=1 health=1 incarnation=1 updates=[self alive 1]
    schedule +1000 probe-timeout probe=1
    schedule +2000 period session=0"
  `)
})

test('Deviation: two members that believe different things exchange their lists', () => {
  const member = new RecordedMember({ probeInterval: 60_000 })
  member.settleWith('b', 'c')
  member.hear('b', { type: 'digest', digest: 1 })
  member.hear('b', { type: 'push', pull: true }, [update('b', 'alive'), update('d', 'alive', 2)])
  expect(member.story()).toMatchInlineSnapshot(`
    "send b push pull=true incarnation=0 updates=[self alive 0, b alive 0, c alive 0]
    emit joined peer=d incarnation=2"
  `)
})
