// A peer in a process of its own that tells the process that started it who is there, and leaves when it is told to.
import { createPeer, swim, swimPresets } from '../../../node/peer/index.ts'
import type { MemberNews, MemberSettings } from './member.ts'

process.on('disconnect', () => process.exit())
const { network, ...settings } = JSON.parse(process.argv[2] ?? '{}') as MemberSettings
const { name, key } = network
const peer = await createPeer({
  ...settings,
  network: key === undefined ? name : { name, key: Buffer.from(key, 'hex') },
  listen: ['/ip4/127.0.0.1/tcp/0'],
  mdns: false,
  overlays: { members: swim(swimPresets.lan) },
})
const { members } = peer.overlays
const tell = (news: MemberNews): void => void process.send?.(news)

members.subscribe((event) => tell({ type: 'event', event, members: members.members() }))
peer.subscribe((event) => {
  if (event.type === 'rejected') tell({ type: 'refused', reason: event.reason })
})
process.on('message', () => void peer.stop().then(() => process.disconnect()))
tell({ type: 'up', peer: peer.id, address: peer.addresses[0] ?? '', members: members.members() })
