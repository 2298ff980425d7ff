import { Recorder, type PeerId } from '../../../node/protocol/index.ts'
import {
  SettledRing,
  chordDefinition,
  ringNode,
  type ChordCore,
  type ChordEvent,
  type ChordMessage,
  type ChordOptions,
  type ChordTimer,
  type LookOptions,
  type LookupOutcome,
  type Question,
  type Reply,
  type RingNode,
} from '../../../overlays/chord/index.ts'

const hour = 3_600_000

type ToPeer<Kind extends ChordMessage['type']> = Extract<ChordMessage, { readonly type: Kind }> & {
  readonly to: PeerId
}

/** A single member of a ring that is as it should be, against the recorder; the test plays all others. */
export class RecordedMember {
  readonly recorder: Recorder<ChordMessage, ChordTimer, ChordEvent>
  readonly core: ChordCore
  readonly ring: SettledRing
  readonly self: RingNode
  /** How lookups have ended. */
  readonly outcomes: LookupOutcome[] = []

  constructor(options: ChordOptions = {}, size = 60) {
    const names = Array.from({ length: size }, (_, index) => `p${index}` as PeerId)
    this.ring = new SettledRing(names.map((name) => ringNode(name)))
    this.recorder = new Recorder({ self: 'p0' })
    this.self = ringNode('p0' as PeerId)
    // Nothing happens by itself unless a test is about that.
    const quiet = { stabiliseInterval: hour, fingerInterval: hour, unifyInterval: hour }
    this.core = this.recorder.run(chordDefinition({ ...quiet, ...options }), { sample: () => [], ring: this.ring })
    this.settle()
    this.recorder.take()
  }

  /** The node that is so many places after this peer's. */
  after(places: number): RingNode {
    const { nodes } = this.ring
    return nodes[(nodes.indexOf(this.self) + places) % nodes.length] as RingNode
  }

  /** Looks for the key that belongs to the node so many places after this peer's. @returns the lookup's number */
  look(places: number, options?: LookOptions): number {
    const number = this.core.lookups.look(this.after(places).point, (outcome) => this.outcomes.push(outcome), options)
    if (number === undefined) throw new Error('the lookup is over already')
    return number
  }

  /** What it has sent of one kind since the last look. */
  sent<Kind extends ChordMessage['type']>(type: Kind): ToPeer<Kind>[] {
    return this.recorder
      .sent()
      .filter(({ message }) => message.type === type)
      .map(({ to, message }) => ({ ...(message as ToPeer<Kind>), to }))
  }

  hear(from: PeerId, message: ChordMessage): void {
    this.core.receive(message, from)
  }

  answer(question: Question & { readonly to: PeerId }, reply: Reply['type'], nodes: readonly RingNode[] = []): void {
    const { number, to } = question
    const lists = { at: 0, nodes, successors: nodes, predecessor: undefined }
    this.hear(to, { type: reply, number, ...lists })
  }

  /** Answers what the member asks of its own accord as it starts: its neighbours, and who serves as a finger. */
  settle(): void {
    for (let asked = this.#asked(); asked.length > 0; asked = this.#asked()) {
      for (const question of asked) {
        if (question.type === 'state') this.hear(question.to, this.#neighbourhood(question.to, question.number))
        else if (question.type === 'step') this.answer(question, 'outside')
        else if (question.type === 'route') this.answer(question, 'no')
        else this.answer(question, 'yes')
      }
    }
  }

  #asked(): (Question & { readonly to: PeerId })[] {
    return this.recorder.sent().flatMap(({ to, message }) => {
      const isQuestion = ['state', 'ping', 'step', 'route', 'propose'].includes(message.type)
      return isQuestion ? [{ ...(message as Question), to }] : []
    })
  }

  #neighbourhood(peer: PeerId, number: number): Reply {
    const neighbourhood = this.ring.neighbourhood(ringNode(peer), 8)
    if (neighbourhood === undefined) throw new Error(`${peer} is not on the ring`)
    return { type: 'neighbourhood', number, ...neighbourhood }
  }
}
