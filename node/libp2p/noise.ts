// The one place that names the Noise implementation. Its successor `@libp2p/noise` speaks the same on the wire
// (tests/live/host proves it), so the move is this line and one in package.json.
export { noise } from '@chainsafe/libp2p-noise'
