import type { Environment, PeerId } from '../../node/protocol/index.ts'
import type { SwimEvent } from './events.ts'
import { Fitness } from './fitness.ts'
import type { Group } from './group.ts'
import type { LocalHealth } from './health.ts'
import type { MemberRecord, MemberTable } from './members.ts'
import type { SwimMessage } from './messages.ts'
import type { Messenger } from './messenger.ts'
import type { ResolvedSwimOptions } from './options.ts'
import type { ProbeOrder } from './order.ts'
import { Prober, type Probe } from './probe.ts'
import { Relays } from './relays.ts'
import { sampleLive } from './sampling.ts'
import type { SwimTimer } from './timers.ts'

export interface DetectorPorts {
  readonly environment: Environment<SwimMessage, SwimTimer, SwimEvent>
  readonly group: Group
  readonly health: LocalHealth
  readonly order: ProbeOrder
  readonly messenger: Messenger
}

type PingRequest = Extract<SwimMessage, { readonly type: 'ping-req' }>

/** The failure detector (SWIM §3.1): one member is probed in each period, by others too if it does not answer. */
export class Detector {
  // Not kept as ports: another object on every way is another miss of the cache.
  readonly #environment: DetectorPorts['environment']
  readonly #group: Group
  readonly #members: MemberTable
  readonly #health: LocalHealth
  readonly #order: ProbeOrder
  readonly #messenger: Messenger
  readonly #options: ResolvedSwimOptions
  readonly #prober = new Prober()
  readonly #relays = new Relays()
  readonly #fitness: Fitness

  constructor({ environment, group, health, order, messenger }: DetectorPorts, options: ResolvedSwimOptions) {
    this.#environment = environment
    this.#group = group
    this.#members = group.members
    this.#health = health
    this.#order = order
    this.#messenger = messenger
    this.#options = options
    this.#fitness = new Fitness(health)
  }

  /** This member takes part again: what it asked before it left is not held against anybody. */
  resume(): void {
    this.#prober.finish()
  }

  /** Ends the probe of the last period and starts the next one. */
  beginPeriod(): void {
    const silent = this.#prober.finish()
    if (silent !== undefined) this.#judge(silent)
    const slot = this.#order.next(this.#members, this.#environment.random)
    const target = slot === undefined ? undefined : this.#members.at(slot)
    if (slot === undefined || target === undefined) return
    const { number } = this.#prober.begin(target.peer, slot, this.#environment.now())
    this.#messenger.ping(target.peer, number, target)
    this.#environment.schedule(
      { type: 'probe-timeout', probe: number },
      this.#health.stretched(this.#options.probeTimeout),
    )
  }

  /** @returns the record of a member whose answer is awaited just now, which spares looking for it by its name */
  probed(peer: PeerId): MemberRecord | undefined {
    const slot = this.#prober.slotOf(peer)
    const record = slot === undefined ? undefined : this.#members.at(slot)
    return record?.peer === peer ? record : undefined
  }

  /** The target of that probe has had the time for a direct answer. */
  probeIndirectly(number: number): void {
    const probe = this.#prober.awaiting(number)
    if (probe === undefined) return
    const { localHealthLimit, witnesses } = this.#options
    probe.relays = this.#relaysFor(probe.target)
    const nack = localHealthLimit > 0 || witnesses
    for (const relay of probe.relays) this.#messenger.pingRequest(relay, number, probe.target, nack)
  }

  /** Only members are pinged for others, so that nobody can be made to call on strangers. */
  pingFor(requester: PeerId, { target, probe, nack }: PingRequest): void {
    if (this.#members.get(target) === undefined) return
    const number = this.#prober.number()
    this.#relays.add(number, { target, requester, requesterProbe: probe })
    this.#messenger.ping(target, number)
    if (!nack) return
    const { nackShare, probeInterval, probeTimeout } = this.#options
    const time = Math.min(probeTimeout, probeInterval - probeTimeout)
    this.#environment.schedule({ type: 'nack', probe: number }, Math.round(nackShare * time))
  }

  /** The requester learns that it hears this member, though the target does not answer; a late ack is passed on still. */
  refuse(number: number): void {
    const relay = this.#relays.awaiting(number)
    if (relay !== undefined) this.#messenger.nack(relay.requester, relay.requesterProbe)
  }

  acknowledged(number: number, from: PeerId): void {
    const relay = this.#relays.acknowledge(number, from)
    if (relay !== undefined) return this.#messenger.ack(relay.requester, relay.requesterProbe)
    const probe = this.#prober.acknowledge(number, from)
    if (probe === undefined) return
    this.#health.probeSucceeded()
    this.#fitness.probeSucceeded()
    if (this.#group.self.isUnfit && this.#fitness.isRestored) this.#group.self.comeBack()
    const record = this.#members.at(probe.slot)
    if (record?.peer === from) this.#members.measured(record, this.#environment.now() - probe.sentAt)
  }

  refused(number: number, from: PeerId): void {
    this.#prober.refuse(number, from)
  }

  /** A ping whose answer matters only for what rides on it. */
  call(peer: PeerId): void {
    this.#messenger.ping(peer, this.#prober.number())
  }

  /** Another member told how it does. */
  heardHealth(from: PeerId, report: number): void {
    if (this.#members.get(from)?.state === 'alive') this.#fitness.heard(from, report)
  }

  /** Pings that member and has it pinged by others, for what rides on the messages. */
  ask(target: PeerId): void {
    this.call(target)
    for (const relay of this.#relaysFor(target)) {
      this.#messenger.pingRequest(relay, this.#prober.number(), target, false)
    }
  }

  /**
   * The one place that decides what a silent probe means: for the target, and for this member's own health.
   *
   * Beyond Lifeguard: a relay that says that it had no answer either is a witness. With one, this member hears well, and
   * the target alone is to blame; with none, this member may be the one that nobody reaches, and accuses nobody.
   */
  #judge(probe: Probe): void {
    const { relays, nacks, slot, target } = probe
    const { witnesses, withdrawalDelay } = this.#options
    // It has said itself that it does badly; it is pinged so that it hears what is said of it.
    const record = this.#members.at(slot)
    if (record?.peer === target && record.state === 'unfit') return
    if (!witnesses || nacks.length === 0) this.#health.probeFailed(relays.length, nacks.length)
    this.#fitness.probeFailed(target)
    if (this.#group.self.isUnfit) return
    if (withdrawalDelay > 0 && this.#fitness.isOddOneOut) this.#group.self.withdraw()
    else if (this.#isTrusted(probe)) this.#group.suspect(target, witnesses ? nacks : [])
  }

  /**
   * Whether a silent probe is held against its target. A member in the worst of health cannot wait for witnesses any
   * longer, since it may be that nobody else is left; unless most others tell that they are well.
   */
  #isTrusted({ relays, nacks }: Probe): boolean {
    if (nacks.length > 0 || relays.length === 0 || !this.#group.needsWitnesses) return true
    return this.#health.multiplier === this.#health.limit && !this.#fitness.isAmongTheWell
  }

  /** Suspects are likely to be of no help (memberlist). */
  #relaysFor(target: PeerId): PeerId[] {
    const fits = ({ peer, state }: MemberRecord): boolean => state === 'alive' && peer !== target
    return sampleLive(this.#members, this.#environment.random, this.#options.indirectProbes, fits)
  }
}
