import type { CommandEntry, OptionEntry } from './command.ts'

const key = { name: 'KEY', summary: '64 hexadecimal digits are a key; any other text is a name, and its key is meant' }
const keyedOverlay: OptionEntry = {
  flags: '--overlay <name>',
  summary: 'chord or kademlia (default: chord where it runs)',
}
const keyRemarks = 'Exit codes: 3 no running peer, 5 --timeout was over.'

/** The part of the table whose verbs are about keys. */
export const keyCommands: readonly CommandEntry[] = [
  {
    name: 'lookup',
    group: 'Keys',
    summary: 'who is responsible for a key, the nearest first',
    operands: [key],
    options: [keyedOverlay],
    remarks: `The key of a name is its SHA-256, as for provide and providers.\n${keyRemarks}`,
    load: () => import('./lookup.ts'),
  },
  {
    name: 'trace',
    group: 'Keys',
    summary: 'the way to who is responsible for a key: who was asked, hops, time-outs',
    operands: [key],
    options: [keyedOverlay],
    remarks: `The key of a name is its SHA-256, as for provide and providers.\n${keyRemarks}`,
    load: () => import('./trace.ts'),
  },
  {
    name: 'dht get',
    group: 'Keys',
    summary: 'print the value under a key, or all values that were written side by side',
    operands: [key],
    options: [
      { flags: '--owned', summary: 'KEY is the name of an owned record of this peer' },
      { flags: '--raw', summary: 'write the bytes of the value as they are' },
      keyedOverlay,
    ],
    remarks: `The key of a name is that of the shared record with this name.
Exit codes: 3 no running peer, 4 no record was found, 5 --timeout was over.`,
    load: () => import('./dht-get.ts'),
  },
  {
    name: 'dht put',
    group: 'Keys',
    summary: 'keep a value at the peers responsible for its key; prints the key',
    operands: [
      { name: '[NAME]', summary: 'name of the record; none for an immutable one' },
      { name: '[VALUE]', summary: 'up to 64 KiB; without one, standard input' },
    ],
    options: [
      { flags: '--immutable', summary: 'nobody can change it: the key is the SHA-256 of the value' },
      { flags: '--owned', summary: 'only this peer can change it: the key follows from its author and the name' },
      { flags: '--sequence <number>', summary: 'with --owned: refused unless newer (default: the next)' },
      { flags: '--sibling', summary: 'put it beside what is there, instead of in its place' },
      keyedOverlay,
    ],
    remarks: `Without --immutable and --owned the record is shared: anybody can change it, and its key follows from the name.
Exit codes: 3 no running peer, 5 --timeout was over, 6 there is a newer version of the owned record.`,
    load: () => import('./dht-put.ts'),
  },
  {
    name: 'dht provide',
    group: 'Keys',
    summary: 'tell that this peer has what a key stands for, until it ends; prints the key',
    operands: [key],
    options: [{ flags: '--withdraw', summary: 'stop telling; what others know of it expires' }, keyedOverlay],
    remarks: `The key of a name is its SHA-256.\n${keyRemarks}`,
    load: () => import('./dht-provide.ts'),
  },
  {
    name: 'dht providers',
    group: 'Keys',
    summary: 'who has what a key stands for, with addresses',
    operands: [key],
    options: [keyedOverlay],
    remarks: `The key of a name is its SHA-256.
Exit codes: 3 no running peer, 4 nobody is known to provide it, 5 --timeout was over.`,
    load: () => import('./dht-providers.ts'),
  },
]
