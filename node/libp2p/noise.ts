// The one place that names the Noise implementation. Its successor `@libp2p/noise` speaks the same on the wire
// (tests/live/host proves it), so the move is this line and one in package.json.
import { noise as createNoise } from '@chainsafe/libp2p-noise'

/** The stream of a secured connection, as the implementation has it inside. */
interface PacketStream {
  encrypt?: (bytes: unknown) => Pieces | Uint8Array
  readonly decoder?: { lengthDecoder: (bytes: PacketBytes) => number }
}

interface PacketBytes {
  readonly byteLength: number
  get(index: number): number
}

/** A Uint8ArrayList, or one piece already. */
interface Pieces {
  readonly byteLength: number
  /** A copy in one piece. */
  slice(): Uint8Array
}

/**
 * Noise, with two costs of it taken away. After each packet it looks for the length of the next one, and where there is
 * none yet it throws a new error, whose stack takes longer to write down than the packet to decipher. And it hands on the
 * length of a packet and the packet as two pieces, each of which a socket writes, and the other end reads, by itself.
 */
export function noise(): ReturnType<typeof createNoise> {
  const create = createNoise()
  return (components) => {
    const encrypter = create(components)
    const [inbound, outbound] = [encrypter.secureInbound.bind(encrypter), encrypter.secureOutbound.bind(encrypter)]
    return Object.assign(encrypter, {
      secureInbound: (async (...call) => lightened(await inbound(...call))) satisfies typeof inbound,
      secureOutbound: (async (...call) => lightened(await outbound(...call))) satisfies typeof outbound,
    })
  }
}

function lightened<Secured extends { readonly connection: unknown }>(secured: Secured): Secured {
  const connection = secured.connection as PacketStream
  const { decoder, encrypt } = connection
  if (decoder !== undefined) decoder.lengthDecoder = lengthOfPacket
  if (encrypt !== undefined) connection.encrypt = (bytes) => joined(encrypt.call(connection, bytes))
  return secured
}

/** To copy more than this costs more than to write it in pieces. */
const joinedBytes = 16_384

function joined(pieces: Pieces | Uint8Array): Pieces | Uint8Array {
  return pieces.byteLength > joinedBytes ? pieces : pieces.slice()
}

/** What the decoder takes as a wish for more bytes. */
const incomplete = new RangeError('The length of a Noise packet is not here yet')

function lengthOfPacket(bytes: PacketBytes): number {
  if (bytes.byteLength < 2) throw incomplete
  return bytes.get(0) * 256 + bytes.get(1)
}
