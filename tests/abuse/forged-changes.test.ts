import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import {
  authorReplicaId,
  decodeChangeSet,
  encodeChangeSet,
  hashBody,
  replicatorCodec,
  sealChangeSet,
  signingBytes,
  type ChangeSet,
  type ReplicatorMessage,
} from '../../crdt/replicator/index.ts'
import { createHost, networkSecret } from '../../node/libp2p/index.ts'
import { createNode } from '../../node/libp2p/node.ts'
import { createPeer } from '../../node/peer/index.ts'
import {
  ByteWriter,
  createRandom,
  integer,
  type DocumentId,
  type Environment,
  type PeerId,
  type ProtocolDefinition,
} from '../../node/protocol/index.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

interface Attacker {
  readonly id: PeerId
  send(to: PeerId, message: ReplicatorMessage): void
}

/** A member of the network that speaks the replicator's protocol and keeps to none of its rules. */
async function attack(network: string, address: string): Promise<Attacker> {
  const secret = networkSecret(network)
  const node = await createNode({ network: secret, listen: [], mdns: false, start: false })
  const host = createHost({ node, network: secret })
  let environment: Environment<ReplicatorMessage, never, never> | undefined
  const connected = new Promise<void>((resolve) => {
    const definition: ProtocolDefinition<ReplicatorMessage, never, never, ReturnType<typeof core>> = {
      name: '/peerloom/documents/1.0.0',
      plane: 'bulk',
      codec: replicatorCodec,
      create: (given) => {
        environment = given
        return core(resolve)
      },
    }
    host.run(definition, undefined)
  })
  await host.start()
  await node.start()
  cleanups.push(async () => {
    await host.stop()
    await node.stop()
  })
  await node.dial(multiaddr(address))
  await connected
  return { id: host.self, send: (to, message) => void environment?.send(to, message) }
}

function core(connected: () => void) {
  return { start: () => {}, receive: () => {}, expire: () => {}, connected }
}

/** A first set that inserts nothing that reads as an operation: it must fall before anybody looks into it. */
function forge(document: DocumentId, author: Uint8Array, fields: Partial<ChangeSet> = {}): ChangeSet {
  return {
    document,
    author,
    counter: 0,
    replica: authorReplicaId(author, fields.counter ?? 0),
    sequence: 0,
    count: 1,
    fragment: 0,
    continues: false,
    previous: new Uint8Array(32),
    dependencies: [],
    time: 0,
    accessHead: new Uint8Array(),
    keyEpoch: 0,
    operations: new ByteWriter()
      .varint(1)
      .varint(1)
      .bytes(Uint8Array.of(1, 2, 3))
      .finish(),
    extensions: [],
    ...fields,
  }
}

test('change sets that their author did not sign are counted and never taken in', { timeout: 60_000 }, async () => {
  const victim = await createPeer({ network: 'forgery', listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false })
  cleanups.push(() => victim.stop())
  const notes = await victim.documents.open('notes')
  notes.text('body').insert(0, 'mine')
  await victim.documents.saved(notes)
  const document = victim.documents.idOf(notes)
  const attacker = await attack('forgery', victim.addresses[0]!)
  const own = await generateKeyPair('Ed25519')
  const other = await generateKeyPair('Ed25519')
  const random = createRandom(11)

  const forgeries: Uint8Array[] = []
  for (let index = 0; index < 500; index++) {
    // A claimed author who is somebody else, the victim among them; signed with the attacker's own key.
    const claimed = integer(random, 2) === 0 ? other.publicKey.raw : Buffer.from(victim.author, 'base64url')
    const set = forge(document, claimed, { counter: index })
    const body = encodeChangeSet(set)
    const hash = hashBody(body)
    const signed = [signingBytes(hash), body, hash, Uint8Array.from([...signingBytes(hash), 0])][integer(random, 4)]!
    forgeries.push(sealChangeSet(set, body, hash, await own.sign(signed)).bytes)
  }
  // Rightly signed, and changed afterwards.
  const right = forge(document, own.publicKey.raw)
  const body = encodeChangeSet(right)
  const sealed = sealChangeSet(right, body, hashBody(body), await own.sign(signingBytes(hashBody(body))))
  for (let index = 0; index < 100; index++) {
    const bytes = sealed.bytes.slice()
    bytes[bytes.length - 64 - 4 - (index % 3)]! ^= 1 + Math.floor(index / 3)
    forgeries.push(bytes)
  }

  let refused = 0
  const all = new Promise<void>((resolve) => {
    victim.subscribe((event) => {
      if (event.type !== 'rejected' || !('document' in event)) return
      expect(['signature', 'malformed']).toContain(event.reason)
      if (++refused === forgeries.length) resolve()
    })
  })
  attacker.send(victim.id, { type: 'sets', sets: forgeries })
  await all
  expect(Object.keys(notes.version.toJSON())).toEqual([notes.replica])
  expect(notes.text('body').toString()).toBe('mine')

  // The same member is heard as soon as it signs what it says.
  const heard = new Promise<void>((resolve) => {
    victim.subscribe((event) => (event.type === 'received' ? resolve() : undefined))
  })
  attacker.send(victim.id, { type: 'sets', sets: [sealed.bytes] })
  await heard
  expect(decodeChangeSet(sealed.bytes).author).toEqual(own.publicKey.raw)
  expect(notes.text('body').toString()).toBe('mine')
})

test(
  'a member that sends 10,000 sets whose past nobody has keeps no honest one from being heard',
  { timeout: 60_000 },
  async () => {
    const options = { network: 'orphans', listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false }
    const victim = await createPeer(options)
    cleanups.push(() => victim.stop())
    const honest = await createPeer({ ...options, join: victim.addresses })
    cleanups.push(() => honest.stop())
    const [notes, theirs] = [await victim.documents.open('notes'), await honest.documents.open('notes')]
    const document = victim.documents.idOf(notes)
    const attacker = await attack('orphans', victim.addresses[0]!)
    const key = await generateKeyPair('Ed25519')
    const orphans: Uint8Array[] = []
    for (let index = 0; index < 10_000; index++) {
      const set = forge(document, key.publicKey.raw, { sequence: 1 + index, previous: new Uint8Array(32).fill(1) })
      const body = encodeChangeSet(set)
      orphans.push(sealChangeSet(set, body, hashBody(body), await key.sign(signingBytes(hashBody(body)))).bytes)
    }
    const waiting = (): number => victim.documents.list().find(({ id }) => id === document)!.waiting
    let most = 0
    for (let start = 0; start < orphans.length; start += 1000) {
      const heard = new Promise<void>((resolve) => {
        victim.subscribe((event) => (event.type === 'received' ? resolve() : undefined))
      })
      attacker.send(victim.id, { type: 'sets', sets: orphans.slice(start, start + 1000) })
      theirs.text('body').insert(0, 'x')
      await heard
      most = Math.max(most, waiting())
    }
    expect(notes.text('body').toString()).toBe('x'.repeat(10))
    expect(most).toBeGreaterThan(0)
  },
)
