import type { Member, PeerId } from '../../../node/peer/index.ts'
import { Failure } from '../../failure.ts'
import { readAddress } from '../../peer/addresses.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { MemberEventItem, MemberItem } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { StreamOfItems } from './stream-of-items.ts'

/** From a connection to the proof that both are of one network, in milliseconds. */
const helloTimeout = 5000

/** What keeps a peer from being one of this network. */
const refusals: ReadonlySet<string> = new Set(['wrong-network', 'unsupported-version', 'hello-malformed'])

export function membershipOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  const { peer } = running
  return {
    'members': async (call) => {
      for (const member of memberItems(peer)) await call.item(member)
    },
    'members.watch': (call) => watch(running, call),
    'members.await': async ({ fields, signal }) => {
      await peer.ready({ members: fields.natural('members', 0), replicas: fields.natural('replicas', 0), signal })
    },
    'join': (call) => join(running, call),
  }
}

export function memberItems(peer: RunningPeer['peer']): MemberItem[] {
  return peer.members().map((member) => describe(member, peer.id))
}

/** A connection is not enough: whoever is there has to prove that it is of the network. */
async function join({ peer }: RunningPeer, { fields, signal }: Call): Promise<{ readonly peer: PeerId }> {
  const address = readAddress(fields.text('address'))
  const listening = new AbortController()
  const answers = new Map<PeerId, 'opened' | 'refused'>()
  let look = (): void => {}
  // From before the dial on: the answer may come with the connection.
  peer.subscribe(
    (event) => {
      if (event.type === 'opened') answers.set(event.peer, 'opened')
      else if (event.type === 'rejected' && refusals.has(event.reason) && 'peer' in event) {
        answers.set(event.peer as PeerId, 'refused')
      } else return
      look()
    },
    { signal: listening.signal },
  )
  const limit = AbortSignal.any([signal, AbortSignal.timeout(helloTimeout)])
  try {
    const other = await dial(peer, address, signal)
    await new Promise<void>((resolve, reject) => {
      const refuse = (): void => reject(notOfNetwork(address, other, peer.network))
      look = () => {
        if (answers.get(other) === 'opened' || isJoined(peer, other)) resolve()
        else if (answers.get(other) === 'refused') refuse()
      }
      limit.addEventListener('abort', refuse, { once: true, signal: listening.signal })
      look()
    })
    return { peer: other }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    listening.abort()
  }
}

/** From before. A peer that carries no documents is known as a member alone. */
function isJoined(peer: RunningPeer['peer'], other: PeerId): boolean {
  const isMember = peer.members().some(({ peer: member, state }) => member === other && state === 'alive')
  return isMember || peer.documents.connections().includes(other)
}

async function dial(peer: RunningPeer['peer'], address: string, signal: AbortSignal): Promise<PeerId> {
  try {
    return await peer.dial(address, { signal })
  } catch (cause) {
    signal.throwIfAborted()
    throw new Failure('failure', `Cannot join ${address}: ${firstLine(cause)}`, {
      cause,
      hint: 'Is a peer of the network running there, and does a firewall let it be reached? Ask: peerloom doctor',
    })
  }
}

function notOfNetwork(address: string, other: PeerId, network: string): Failure {
  return new Failure('refused', `Cannot join ${address}: ${other} is there, and not of the network ${network}`, {
    hint: 'Have both the same --network and --network-key-file? Ask: peerloom doctor',
  })
}

async function watch({ peer }: RunningPeer, call: Call): Promise<void> {
  const events = new StreamOfItems<MemberEventItem>(call)
  const { signal } = call
  peer.overlays.members.subscribe(({ type, peer, incarnation }) => events.put({ type, peer, incarnation }), { signal })
  for (const { peer: id, incarnation, state } of peer.members()) events.put({ type: state, peer: id, incarnation })
  await events.untilAborted()
}

function describe({ peer, state, incarnation, roundTrip, tags = {} }: Member, self: string): MemberItem {
  return {
    peer,
    state,
    incarnation,
    self: peer === self,
    ...(roundTrip === undefined ? {} : { roundTrip }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? ''
}
