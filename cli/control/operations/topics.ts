import type { MessageCount } from '../../../overlays/gossip/index.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { MessageItem, TopicsReport } from '../requests.ts'
import type { Operation } from '../server.ts'
import { contentOf } from './content.ts'
import { StreamOfItems } from './stream-of-items.ts'
import { topicNames, wireTopic } from './topic-names.ts'

const none: MessageCount = { messages: 0, bytes: 0 }

export function topicOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  const { peer } = running
  return {
    topics: async () => figures(running),
    pub: async (call) => {
      const topic = call.fields.text('topic')
      let published = 0
      for await (const message of call.input()) {
        peer.overlays.broadcast.publish(wireTopic(topic), Uint8Array.from(message))
        published++
      }
      return { topic, published }
    },
    sub: async (call) => {
      const topic = call.fields.text('topic')
      const messages = new StreamOfItems<MessageItem | { readonly subscribed: string }>(call)
      const listen = (message: { readonly publisher: MessageItem['publisher']; readonly bytes: Uint8Array }): void =>
        messages.put({ topic, publisher: message.publisher, ...contentOf(message.bytes) })
      peer.overlays.broadcast.subscribe(wireTopic(topic), listen, { signal: call.signal })
      messages.put({ subscribed: topic })
      await messages.untilAborted()
    },
  }
}

function figures(running: RunningPeer): TopicsReport {
  const { broadcast } = running.peer.overlays
  const { topics, forgotten } = broadcast.figures()
  const counted = new Map(topics.map((topic) => [topic.topic, topic]))
  const listening = new Set(broadcast.topics())
  return {
    topics: topicNames(running, [...listening, ...counted.keys()]).map((name) => {
      const { published, delivered, sent, duplicates, countedFor, quietFor } = counted.get(name.wire) ?? {}
      return {
        ...name,
        listening: listening.has(name.wire),
        published: published ?? none,
        delivered: delivered ?? none,
        sent: sent ?? none,
        duplicates: duplicates ?? none,
        ...(countedFor === undefined ? {} : { countedSeconds: Math.floor(countedFor / 1000) }),
        ...(quietFor === undefined ? {} : { quietSeconds: Math.floor(quietFor / 1000) }),
      }
    }),
    forgotten,
  }
}
