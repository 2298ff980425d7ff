// A toy host on one machine of a local network: it tells the process that started it what happens to it.
import { networkSecret } from '../../node/libp2p/index.ts'
import { createNode } from '../../node/libp2p/node.ts'
import { toyHost } from '../live/host/toy.ts'

/** What it tells. */
export type ToyNews = { readonly type: 'connected' } | { readonly type: 'tagged'; readonly tags: readonly string[] }

const tell = (news: ToyNews): void => void process.send?.(news)

process.on('disconnect', () => process.exit())
const node = await createNode({ network: networkSecret('test'), mdns: { interval: 200 } })
node.addEventListener('peer:update', ({ detail }) => {
  const tags = [...detail.peer.tags.keys()]
  if (tags.length > 0) tell({ type: 'tagged', tags })
})
const { told } = await toyHost({ node })
await told.type('connected')
tell({ type: 'connected' })
