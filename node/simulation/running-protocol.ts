import type { Codec, Plane, Protocol } from '../protocol/index.ts'

/** A protocol as one session of a peer runs it. */
export interface RunningProtocol {
  readonly name: string
  /** The same on every host of the simulation. */
  readonly number: number
  /** Its place among the protocols of its host. */
  readonly index: number
  readonly plane: Plane
  readonly codec: Codec<unknown>
  readonly core: Protocol<unknown, unknown, unknown>
}
