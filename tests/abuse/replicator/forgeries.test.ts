import { generateKeyPair } from '@libp2p/crypto/keys'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, fromString } from 'uint8arrays'
import { expect, test } from 'vitest'
import {
  authorReplicaId,
  documentId,
  encodeChangeSet,
  encodeGenesis,
  hashBody,
  sealChangeSet,
  signingBytes,
  type ChangeSet,
  type SealedChangeSet,
} from '../../../crdt/replicator/index.ts'
import { verifySignature } from '../../../node/libp2p/signatures.ts'
import {
  createRandom,
  integer,
  type DocumentId,
  type PeerId,
  type Random,
  type Signed,
} from '../../../node/protocol/index.ts'
import { Stage, operations, reasons } from '../../cores/replicator/stage.ts'
import { figure } from '../../figures.ts'

/** Somebody who signs with a key that nobody else has. */
interface Signer {
  readonly key: Uint8Array
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
}

interface Cryptography {
  signer(): Signer | Promise<Signer>
  verify(claim: Signed): boolean | Promise<boolean>
}

async function live(): Promise<Signer> {
  const key = await generateKeyPair('Ed25519')
  return { key: key.publicKey.raw, sign: (bytes) => key.sign(bytes) }
}

/** A keyed hash whose secret only this object has: as good as signatures, and a thousand times quicker. */
class Simulated implements Cryptography {
  readonly #secret = Uint8Array.of(4, 2)
  #count = 0

  signer(): Signer {
    const key = new Uint8Array(32).fill(++this.#count)
    return { key, sign: (bytes) => this.#sign(key, bytes) }
  }

  verify({ key, bytes, signature }: Signed): boolean {
    return this.#sign(key, bytes).every((byte, index) => signature[index] === byte)
  }

  #sign(key: Uint8Array, bytes: Uint8Array): Uint8Array {
    const half = sha256(concat([this.#secret, key, bytes]))
    return concat([half, sha256(half)])
  }
}

const attacker = 'attacker' as PeerId

/** Whoever takes part: an honest author, one who attacks, and one who has written two histories. */
interface Cast {
  readonly bob: Signer
  readonly mallory: Signer
  readonly twin: Signer
}

/** A peer with a document for all, one of an owner, and one in which an author has written two histories. */
class Victim {
  readonly stage = new Stage()
  readonly open: DocumentId = this.stage.document
  readonly owned: DocumentId
  readonly disputed: DocumentId
  /** What is here, as it was signed. */
  readonly held: SealedChangeSet[] = []
  readonly #verify: Cryptography['verify']

  constructor(owner: Uint8Array, verify: Cryptography['verify']) {
    this.#verify = verify
    const { core } = this.stage
    this.owned = core.carry({ kind: 'owned', network: 'test', owner, nonce: new Uint8Array(16) })
    this.disputed = core.carry({ kind: 'named', network: 'test', name: 'disputed' })
  }

  async prepare({ bob, twin }: Cast): Promise<void> {
    for (const [time, document] of this.documents.entries()) {
      await this.hear(await sealed(bob, setOf(document, bob.key, { time })))
    }
    for (const time of [1, 2]) await this.hear(await sealed(twin, setOf(this.disputed, twin.key, { time })))
    this.stage.recorder.advance(1000)
    await this.#answer()
    expect(this.stage.core.log(this.disputed)!.proofs.length).toBe(1)
    this.held.push(...[...this.stage.core.documents].flatMap(({ sets }) => sets))
    expect(this.held.length).toBe(3)
  }

  get documents(): readonly DocumentId[] {
    return [this.open, this.owned, this.disputed]
  }

  /** @returns why it was not taken in, if anything was said of it */
  async hear(set: SealedChangeSet | Uint8Array): Promise<readonly string[]> {
    this.stage.hear({ type: 'sets', sets: [set instanceof Uint8Array ? set : set.bytes] }, attacker)
    return this.#answer()
  }

  async accuse(first: SealedChangeSet, second: SealedChangeSet): Promise<readonly string[]> {
    this.stage.hear({ type: 'equivocation', equivocation: { first, second } }, attacker)
    return this.#answer()
  }

  state(): string[] {
    return [...this.stage.core.documents].map(({ digest, sets, waiting }) => [digest, sets.length, waiting].join())
  }

  async #answer(): Promise<string[]> {
    const { recorder, core } = this.stage
    const said: string[] = []
    for (let effects = recorder.take(); effects.length > 0; effects = recorder.take()) {
      said.push(...reasons(effects))
      for (const effect of effects) {
        if (effect.type === 'verify') core.verified(effect.ticket, await this.#verify(effect.claim))
        else if (effect.type === 'write') core.written(effect.ticket)
      }
    }
    return said
  }
}

/** The first of a replica, but for what is given. */
function setOf(document: DocumentId, author: Uint8Array, fields: Partial<ChangeSet> = {}): ChangeSet {
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
    operations: operations(1),
    extensions: [],
    ...fields,
  }
}

/** @param signed what is signed in place of what should be */
async function sealed(
  signer: Signer,
  set: ChangeSet,
  signed: (hash: Uint8Array, body: Uint8Array) => Uint8Array = signingBytes,
): Promise<SealedChangeSet> {
  const body = encodeChangeSet(set)
  const hash = hashBody(body)
  return sealChangeSet(set, body, hash, await signer.sign(signed(hash, body)))
}

/** What somebody signs for other purposes, or for what looks like this one. */
const otherDomains: readonly ((hash: Uint8Array, body: Uint8Array) => Uint8Array)[] = [
  (hash) => hash,
  (_, body) => body,
  (hash) => concat([signingBytes(hash), Uint8Array.of(0)]),
  (hash) => signingBytes(hash).subarray(1),
  (hash) => concat([fromString('peerloom/change-set/v2'), hash]),
  (hash) => concat([fromString('peerloom/kademlia/record/v1'), hash]),
  (hash) => concat([fromString('libp2p-peer-record'), hash]),
  (hash, body) => concat([signingBytes(hash), body]),
]

type Forgery = (victim: Victim, cast: Cast, random: Random) => Promise<readonly string[]>

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[integer(random, items.length)] as Item
}

const forgeries: Readonly<Record<string, Forgery>> = {
  'signed by another than it claims, who may write': async (victim, { bob, mallory }, random) => {
    const document = pick(random, victim.documents)
    return victim.hear(await sealed(mallory, setOf(document, bob.key, { counter: integer(random, 1000) })))
  },
  'signed by another than it claims, after the last set of the claimed': async (victim, { bob, mallory }, random) => {
    const last = pick(random, victim.held)
    const fields = { sequence: 1, previous: last.hash, time: integer(random, 1000) }
    return victim.hear(await sealed(mallory, setOf(last.document, bob.key, fields)))
  },
  'signed for another purpose': async (victim, { bob }, random) => {
    const set = setOf(pick(random, victim.documents), bob.key, { counter: 1 + integer(random, 1000) })
    return victim.hear(await sealed(bob, set, pick(random, otherDomains)))
  },
  'by somebody who may not write': async (victim, { mallory }, random) =>
    victim.hear(await sealed(mallory, setOf(victim.owned, mallory.key, { counter: integer(random, 1000) }))),
  'altered after it was signed': async (victim, _, random) => {
    const bytes = pick(random, victim.held).bytes.slice()
    const at = integer(random, bytes.length)
    bytes[at] = (bytes[at] as number) ^ (1 << integer(random, 8))
    return victim.hear(bytes)
  },
  'of another document, with this one put in its place': async (victim, _, random) => {
    const set = pick(random, victim.held)
    const bytes = set.bytes.slice()
    const other = pick(
      random,
      victim.documents.filter((document) => document !== set.document),
    )
    bytes.set(fromString(other, 'base16'), 2)
    return victim.hear(bytes)
  },
  'of a document of the same name in another network': async (victim, { bob }, random) => {
    const network = `test${integer(random, 1000)}`
    const elsewhere = documentId(encodeGenesis({ kind: 'named', network, name: 'notes' }))
    return victim.hear(await sealed(bob, setOf(elsewhere, bob.key)))
  },
  'of an author who has written two histories': async (victim, { twin }, random) =>
    victim.hear(await sealed(twin, setOf(victim.disputed, twin.key, { counter: 1 + integer(random, 1000) }))),
  'rightly signed, behind the set of another': async (victim, { mallory }, random) => {
    const { hash, document } = pick(random, victim.held)
    const fields = { sequence: 1, previous: hash, counter: integer(random, 1000) }
    return victim.hear(await sealed(mallory, setOf(document, mallory.key, fields)))
  },
  'that came before': async (victim, _, random) => victim.hear(pick(random, victim.held)),
  'that accuses somebody of a set which he did not sign': async (victim, { bob, mallory }, random) => {
    const truth = victim.held.find(({ document }) => document === victim.open)!
    const lie = await sealed(mallory, setOf(victim.open, bob.key, { time: 1 + integer(random, 1000) }))
    return Buffer.compare(truth.hash, lie.hash) < 0 ? victim.accuse(truth, lie) : victim.accuse(lie, truth)
  },
}

const counts = { simulated: figure('frames', 10_000, 100_000), live: 440 }

test.each([
  ['Ed25519', { signer: live, verify: verifySignature }, counts.live],
  ['signatures of the simulated world', new Simulated(), counts.simulated],
] as const)('with %s, nothing that is forged is taken in', async (_, cryptography: Cryptography, count) => {
  const [bob, mallory, twin] = [await cryptography.signer(), await cryptography.signer(), await cryptography.signer()]
  const random = createRandom('forgeries')
  const victim = new Victim(bob.key, (claim) => cryptography.verify(claim))
  await victim.prepare({ bob, mallory, twin })
  const before = victim.state()
  const kinds = Object.entries(forgeries)
  const refused = new Map<string, number>()
  for (let index = 0; index < count; index++) {
    const [kind, forge] = kinds[index % kinds.length]!
    const said = await forge(victim, { bob, mallory, twin }, random)
    if (said.length > 0) refused.set(kind, (refused.get(kind) ?? 0) + 1)
    // Here, too: what nobody can complete goes after a minute.
    if (index % 50 === 0) victim.stage.recorder.advance(61_000)
    if (index % 50 === 0) expect(victim.state(), kind).toEqual(before)
  }
  victim.stage.recorder.advance(61_000)
  expect(victim.state()).toEqual(before)
  // All are counted but for what was known, and what waits for what will never come.
  const silent = kinds.map(([kind]) => kind).filter((kind) => (refused.get(kind) ?? 0) < count / kinds.length / 2)
  expect(silent).toEqual(['rightly signed, behind the set of another', 'that came before'])
  const honest = await sealed(bob, setOf(victim.open, bob.key, { sequence: 1, previous: victim.held[0]!.hash }))
  await victim.hear(honest)
  expect(victim.stage.core.version(victim.open)!.get(honest.replica)).toBe(2)
})
