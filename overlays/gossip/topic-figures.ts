import type { Duration, Instant } from '../../node/protocol/index.ts'
import type { Payload } from './messages.ts'

/** Messages of one kind, and their contents together; what frames, topics and ids take on the wire is not in it. */
export interface MessageCount {
  readonly messages: number
  readonly bytes: number
}

/** What became of the messages of one topic at this peer. */
export interface TopicFigures {
  readonly topic: string
  /** By this peer. */
  readonly published: MessageCount
  /** Messages of others, each once, whether anybody listens here or not. */
  readonly delivered: MessageCount
  /** Copies given to neighbours: along branches, and to those who asked (eager push and GRAFT). */
  readonly sent: MessageCount
  /** Copies that came after the first. By `delivered`, this is the redundancy that this peer sees. */
  readonly duplicates: MessageCount
  /** How long the topic has been counted: since its first message here, or the first since it was forgotten. */
  readonly countedFor: Duration
  /** How long ago its latest message was published here, or delivered. */
  readonly quietFor: Duration
}

export interface GossipFigures {
  /** At most 1024; those with the latest message last. */
  readonly topics: readonly TopicFigures[]
  /** How often a topic made room for a later one, and its figures were lost. */
  readonly forgotten: number
}

/** Most topics that are counted: whoever names topics makes others be forgotten, and takes no more room than this. */
const topicLimit = 1024

/** Counts what becomes of messages, topic by topic. */
export class TopicCounters {
  readonly #now: () => Instant
  /** The one with the latest message last. */
  readonly #topics = new Map<string, TopicCounter>()
  #forgotten = 0

  constructor(now: () => Instant) {
    this.#now = now
  }

  published(payload: Payload): void {
    this.#latest(payload.topic).published.add(payload)
  }

  delivered(payload: Payload): void {
    this.#latest(payload.topic).delivered.add(payload)
  }

  sent(payload: Payload): void {
    const counter = this.#topics.get(payload.topic) ?? this.#latest(payload.topic)
    counter.sent.add(payload)
  }

  /** Only of topics that are counted: the first copy may have been found invalid. */
  duplicate(payload: Payload): void {
    this.#topics.get(payload.topic)?.duplicates.add(payload)
  }

  figures(): GossipFigures {
    const now = this.#now()
    const topics = Array.from(this.#topics, ([topic, counter]) => counter.figures(topic, now))
    return { topics, forgotten: this.#forgotten }
  }

  /** It has a message. The one without for longest makes room. */
  #latest(topic: string): TopicCounter {
    const now = this.#now()
    const counter = this.#topics.get(topic) ?? new TopicCounter(now)
    counter.last = now
    this.#topics.delete(topic)
    this.#topics.set(topic, counter)
    if (this.#topics.size > topicLimit) {
      const [oldest] = this.#topics.keys()
      this.#topics.delete(oldest as string)
      this.#forgotten++
    }
    return counter
  }
}

class TopicCounter {
  readonly since: Instant
  last: Instant
  readonly published: MessageCounter = new MessageCounter()
  readonly delivered: MessageCounter = new MessageCounter()
  readonly sent: MessageCounter = new MessageCounter()
  readonly duplicates: MessageCounter = new MessageCounter()

  constructor(since: Instant) {
    this.since = since
    this.last = since
  }

  figures(topic: string, now: Instant): TopicFigures {
    const { published, delivered, sent, duplicates, since, last } = this
    return {
      topic,
      published: published.count(),
      delivered: delivered.count(),
      sent: sent.count(),
      duplicates: duplicates.count(),
      countedFor: now - since,
      quietFor: now - last,
    }
  }
}

class MessageCounter {
  #messages = 0
  #bytes = 0

  add({ bytes }: Payload): void {
    this.#messages++
    this.#bytes += bytes.length
  }

  count(): MessageCount {
    return { messages: this.#messages, bytes: this.#bytes }
  }
}
