// The one place that names the Noise implementation. Its successor `@libp2p/noise` speaks the same on the wire
// (tests/live/host proves it), so the move is this line and one in package.json.
import { noise as createNoise } from '@chainsafe/libp2p-noise'

/** The stream of a secured connection, as the implementation has it inside. */
interface PacketStream {
  readonly decoder?: { lengthDecoder: (bytes: PacketBytes) => number }
}

interface PacketBytes {
  readonly byteLength: number
  get(index: number): number
}

/**
 * Noise, with a cost of it taken away: after each packet it looks for the length of the next one, and where there is none
 * yet it throws a new error, whose stack takes longer to write down than the packet to decipher.
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
  const { decoder } = secured.connection as PacketStream
  if (decoder !== undefined) decoder.lengthDecoder = lengthOfPacket
  return secured
}

/** What the decoder takes as a wish for more bytes. */
const incomplete = new RangeError('The length of a Noise packet is not here yet')

function lengthOfPacket(bytes: PacketBytes): number {
  if (bytes.byteLength < 2) throw incomplete
  return bytes.get(0) * 256 + bytes.get(1)
}
