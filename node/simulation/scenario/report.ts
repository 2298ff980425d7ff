import type { Duration, Instant } from '../../protocol/index.ts'
import type { Figures } from './overlay.ts'

/** What one protocol sent. Bytes are what its codec writes, without frames. */
export interface ProtocolTraffic {
  readonly protocol: string
  readonly messages: number
  readonly bytes: number
  /** Per second that a peer ran. */
  readonly messagesPerPeerSecond: number
  readonly bytesPerPeerSecond: number
}

/** What a checker found. */
export interface Finding {
  readonly checker: string
  readonly finding: string
  readonly time: Instant
  /** The command that runs into it again, where the run was given one. */
  readonly replay?: string
}

/** What a run of a scenario came to: plain data, the same for the same scenario and seed on every machine. */
export interface ScenarioReport {
  readonly scenario: string
  readonly seed: number | string
  /** Whether the run came to its end, and nothing was found wrong. */
  readonly outcome: 'passed' | 'failed' | 'interrupted'
  /** Milliseconds of virtual time, of the whole that was asked for. */
  readonly virtualTime: Duration
  readonly duration: Duration
  /** What cores were called with: messages received and timers expired. */
  readonly events: number
  /** Over everything that happened, 16 hexadecimal digits. */
  readonly traceHash: string
  readonly peers: {
    readonly added: number
    readonly running: number
    readonly crashed: number
    readonly stopped: number
  }
  readonly traffic: readonly ProtocolTraffic[]
  /** How often something was dropped, by reason. */
  readonly counters: Readonly<Record<string, number>>
  /** What cores emitted, by overlay and type. */
  readonly emitted: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly measurements: Readonly<Record<string, Figures>>
  readonly checkers: readonly string[]
  readonly finding?: Finding
}
