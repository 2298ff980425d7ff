import type { Member } from '../../../node/peer/index.ts'
import { Failure } from '../../failure.ts'
import { readAddress } from '../../peer/addresses.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { MemberEventItem, MemberItem } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { StreamOfItems } from './stream-of-items.ts'

export function membershipOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  const { peer } = running
  return {
    'members': async (call) => {
      for (const member of peer.members()) await call.item(describe(member, peer.id))
    },
    'members.watch': (call) => watch(running, call),
    'members.await': async ({ fields, signal }) => {
      await peer.ready({ members: fields.natural('members', 0), replicas: fields.natural('replicas', 0), signal })
    },
    'join': async ({ fields, signal }) => {
      const address = readAddress(fields.text('address'))
      try {
        return { peer: await peer.dial(address, { signal }) }
      } catch (cause) {
        signal.throwIfAborted()
        throw new Failure('failure', `Cannot join ${address}: ${firstLine(cause)}`, {
          cause,
          hint: 'Is a peer of the network running there, and does a firewall let it be reached? Ask: peerloom doctor',
        })
      }
    },
  }
}

async function watch({ peer }: RunningPeer, call: Call): Promise<void> {
  const events = new StreamOfItems<MemberEventItem>(call)
  const { signal } = call
  peer.overlays.members.subscribe(({ type, peer, incarnation }) => events.put({ type, peer, incarnation }), { signal })
  for (const { peer: id, incarnation, state } of peer.members()) events.put({ type: state, peer: id, incarnation })
  await events.untilAborted()
}

function describe({ peer, state, incarnation, roundTrip }: Member, self: string): MemberItem {
  return { peer, state, incarnation, self: peer === self, ...(roundTrip === undefined ? {} : { roundTrip }) }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? ''
}
