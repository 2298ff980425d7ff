import type { CommandEntry, OptionEntry } from './command.ts'
import { keyCommands } from './table-of-keys.ts'

/** Options of every verb. */
export const sharedOptions: readonly OptionEntry[] = [
  { flags: '--json', summary: 'print JSON, one value a line; errors too', environment: 'PEERLOOM_JSON' },
  {
    flags: '--profile <name>',
    summary: 'which peer of this machine (default: "default")',
    environment: 'PEERLOOM_PROFILE',
  },
  { flags: '--directory <path>', summary: 'where the peer keeps everything', environment: 'PEERLOOM_DIRECTORY' },
  { flags: '--timeout <duration>', summary: 'give up after that long: 500ms, 5s, 2m', environment: 'PEERLOOM_TIMEOUT' },
]

const networkOptions: readonly OptionEntry[] = [
  { flags: '--network <name>', summary: 'peers of other networks are not heard', environment: 'PEERLOOM_NETWORK' },
  {
    flags: '--network-key-file <file>',
    summary: 'key of the network: 32 bytes or 64 hexadecimal digits; - reads standard input',
    environment: 'PEERLOOM_NETWORK_KEY_FILE',
  },
  { flags: '--listen <address>', summary: 'where to listen; may be given several times', repeatable: true },
  { flags: '--join <address>', summary: 'a peer to connect with; may be given several times', repeatable: true },
  {
    flags: '--overlay <name>',
    summary: 'beside swim and gossip: chord (the default) or kademlia; may be given several times',
    repeatable: true,
  },
  { flags: '--no-overlay', summary: 'run neither chord nor kademlia' },
  { flags: '--mdns', summary: 'find peers on the local network (the default)' },
  { flags: '--no-mdns', summary: 'do not look for peers on the local network' },
  { flags: '--page [port]', summary: 'serve the web page on 127.0.0.1 (the default, on a free port)' },
  { flags: '--no-page', summary: 'serve no web page' },
]

const name = { name: 'NAME', summary: 'name of the document' }
const topic = { name: 'TOPIC', summary: 'what the messages are about' }
const file = (what: string): { name: string; summary: string } => ({ name: 'FILE', summary: `${what}; - is a pipe` })
const count = (what: string): OptionEntry => ({ flags: '--count <number>', summary: `end after so many ${what}` })

/** What verbs of two words have in common, by the first. */
export const verbFamilies: Readonly<Record<string, string>> = {
  dht: 'keep and find values, and who has what, under keys',
  doc: 'create, read, change and watch documents',
  overlay: 'look into the overlays of the running peer',
}

/** Every verb: help, the parser and the documentation are made of this. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'up',
    group: 'Peer',
    summary: 'run a peer; without options as it ran before',
    options: [
      ...networkOptions,
      {
        flags: '--tag <tag>',
        summary: 'name=value, for all members to see; may be given several times',
        repeatable: true,
      },
      { flags: '--no-tag', summary: 'have no tags any more' },
      { flags: '--detach', summary: 'return when it is up, and leave it running' },
    ],
    load: () => import('./up.ts'),
  },
  {
    name: 'down',
    group: 'Peer',
    summary: 'end the running peer',
    options: [
      { flags: '--leave', summary: 'for good: give the records it holds for others to other peers first, or go on' },
    ],
    load: () => import('./down.ts'),
  },
  {
    name: 'lan',
    group: 'Peer',
    summary: 'run N peers on this machine, as on a local network',
    operands: [{ name: 'N', summary: 'how many, 1 to 32' }],
    options: networkOptions,
    load: () => import('./lan.ts'),
  },
  {
    name: 'status',
    group: 'Peer',
    summary: 'what the running peer is and has',
    options: [{ flags: '--watch', summary: 'stay, and show members and documents as they change' }],
    load: () => import('./status.ts'),
  },
  {
    name: 'members',
    group: 'Network',
    summary: 'who is in the network',
    options: [{ flags: '--watch', summary: 'go on with whatever changes' }],
    load: () => import('./members.ts'),
  },
  {
    name: 'join',
    group: 'Network',
    summary: 'connect with a peer',
    operands: [{ name: 'ADDRESS', summary: 'host:port or multiaddr' }],
    load: () => import('./join.ts'),
  },
  {
    name: 'pub',
    group: 'Network',
    summary: 'send a message to all who listen; without one, each line of standard input',
    operands: [topic, { name: '[MESSAGE]', summary: 'the message' }],
    load: () => import('./pub.ts'),
  },
  {
    name: 'sub',
    group: 'Network',
    summary: 'print the messages of a topic as they come',
    operands: [topic],
    options: [count('messages')],
    load: () => import('./sub.ts'),
  },
  {
    name: 'topics',
    group: 'Network',
    summary: 'topics listened to or passed on, and what became of their messages',
    load: () => import('./topics.ts'),
  },
  ...keyCommands,
  {
    name: 'doc create',
    group: 'Documents',
    summary: 'make an empty document',
    operands: [name],
    load: () => import('./doc-create.ts'),
  },
  {
    name: 'doc list',
    group: 'Documents',
    summary: 'which documents this peer has',
    load: () => import('./doc-list.ts'),
  },
  {
    name: 'doc get',
    group: 'Documents',
    summary: 'print the text of a document',
    operands: [name],
    options: [{ flags: '--path <path>', summary: 'a part of its content instead: meta/title' }],
    load: () => import('./doc-get.ts'),
  },
  {
    name: 'doc set',
    group: 'Documents',
    summary: 'set a property, or with --text the whole text',
    operands: [name, { name: '[KEY]', summary: 'which property' }, { name: '[VALUE]', summary: 'its value, as text' }],
    options: [
      { flags: '--text <text>', summary: 'what the text shall be; only what differs is changed' },
      { flags: '--parse', summary: 'VALUE is JSON' },
    ],
    load: () => import('./doc-set.ts'),
  },
  {
    name: 'doc edit',
    group: 'Documents',
    summary: 'edit the text with $VISUAL or $EDITOR; what others do meanwhile is kept',
    operands: [name],
    load: () => import('./doc-edit.ts'),
  },
  {
    name: 'doc import',
    group: 'Documents',
    summary: 'make the text that of a file; only what differs is changed',
    operands: [name, file('UTF-8 text')],
    load: () => import('./doc-import.ts'),
  },
  {
    name: 'doc export',
    group: 'Documents',
    summary: 'write the text to a file, byte for byte',
    operands: [name, file('where to')],
    load: () => import('./doc-export.ts'),
  },
  {
    name: 'doc backup',
    group: 'Documents',
    summary: 'write the document with its whole history to a file, signatures included',
    operands: [name, file('where to')],
    load: () => import('./doc-backup.ts'),
  },
  {
    name: 'doc restore',
    group: 'Documents',
    summary: 'take a backup in, checked; what is here already is kept and merged with it',
    operands: [file('a backup')],
    load: () => import('./doc-restore.ts'),
  },
  {
    name: 'doc watch',
    group: 'Documents',
    summary: 'print what changes, as it does',
    operands: [name],
    options: [count('changes')],
    load: () => import('./doc-watch.ts'),
  },
  {
    name: 'doc diff',
    group: 'Documents',
    summary: 'what is missing where, since when and why; with a peer, replica by replica',
    operands: [name, { name: '[PEER]', summary: 'PeerId of another, or its beginning or end' }],
    load: () => import('./doc-diff.ts'),
  },
  {
    name: 'wait',
    group: 'Diagnosis',
    summary: 'wait for the network; a barrier for scripts',
    options: [
      { flags: '--converged', summary: 'until all connected peers have the same documents' },
      { flags: '--peers <number>', summary: 'with --converged: at least so many peers (default: 1)' },
      { flags: '--document <name>', summary: 'with --converged: of this document alone' },
      { flags: '--members <number>', summary: 'until so many members are alive, this peer among them' },
    ],
    load: () => import('./wait.ts'),
  },
  {
    name: 'overlay show',
    group: 'Diagnosis',
    summary: 'the links of an overlay: views, trees, members, ring, buckets; without a name, which overlays there are',
    operands: [{ name: '[OVERLAY]', summary: 'gossip, swim, chord or kademlia' }],
    options: [
      { flags: '--format <format>', summary: 'table (the default), dot for Graphviz, or json' },
      { flags: '--topic <topic>', summary: 'of gossip: the tree of this topic alone' },
    ],
    load: () => import('./overlay-show.ts'),
  },
  {
    name: 'doctor',
    group: 'Diagnosis',
    summary: 'what is wrong, and why peers do not agree',
    load: () => import('./doctor.ts'),
  },
  {
    name: 'sim',
    group: 'Simulation',
    summary: 'run a scenario in virtual time',
    operands: [{ name: '[SCENARIO]', summary: 'a scenario file, - for standard input, or a name that --list shows' }],
    options: [
      { flags: '--list', summary: 'which scenarios come with this program' },
      { flags: '--seed <seed>', summary: 'the same seed gives the same run (default: 1)' },
      { flags: '--seeds <range>', summary: 'one run for each seed: 1..100; ends with the first that fails' },
      { flags: '--transcript <file>', summary: 'tell the run as a story, a line a happening; - is standard output' },
      { flags: '--timeline <file>', summary: 'record the run, for a page to play' },
      { flags: '--messages', summary: 'with these: every message too' },
      {
        flags: '--peer <name>',
        summary: 'with these: only what that peer takes part in; may be repeated',
        repeatable: true,
      },
      { flags: '--event <type>', summary: 'with these: of events only this type; may be repeated', repeatable: true },
      { flags: '--lines <number>', summary: 'with these: at most so many happenings (default: 100000)' },
      { flags: '--schema', summary: 'print the JSON Schema of scenario files' },
    ],
    load: () => import('./sim.ts'),
  },
  { name: 'version', group: 'Diagnosis', summary: 'versions of peerloom and Node', load: () => import('./version.ts') },
]
