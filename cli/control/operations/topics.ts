import type { RunningPeer } from '../../peer/running-peer.ts'
import type { MessageItem } from '../requests.ts'
import type { Operation } from '../server.ts'
import { StreamOfItems } from './stream-of-items.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Topics of people are kept apart from those on which documents are replicated. */
function full(topic: string): string {
  return `topics/${topic}`
}

export function topicOperations({ peer }: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    pub: async (call) => {
      const topic = call.fields.text('topic')
      let published = 0
      for await (const message of call.input()) {
        peer.overlays.broadcast.publish(full(topic), Uint8Array.from(message))
        published++
      }
      return { topic, published }
    },
    sub: async (call) => {
      const topic = call.fields.text('topic')
      const messages = new StreamOfItems<MessageItem | { readonly subscribed: string }>(call)
      const listen = (message: { readonly publisher: MessageItem['publisher']; readonly bytes: Uint8Array }): void =>
        messages.put({ topic, publisher: message.publisher, ...content(message.bytes) })
      peer.overlays.broadcast.subscribe(full(topic), listen, { signal: call.signal })
      messages.put({ subscribed: topic })
      await messages.untilAborted()
    },
  }
}

function content(bytes: Uint8Array): Pick<MessageItem, 'text' | 'base64'> {
  try {
    return { text: utf8.decode(bytes) }
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') }
  }
}
