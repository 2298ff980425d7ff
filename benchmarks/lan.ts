// What replication costs in a local network with many documents, and who was away: in the simulator, with the code that runs live.
import { runAway, type AwayFigures } from '../tests/simulation/away.ts'
import { runLan, type LanFigures, type LanTrial } from '../tests/simulation/lan-documents.ts'
import { runOneDocument } from '../tests/simulation/one-document.ts'
import { atMost, type Subject, type Table } from './table.ts'

const whole: LanTrial = { seed: 1, peers: 50, documents: 1000, changes: 3000, crashes: 20 }
const quickly: LanTrial = { seed: 1, peers: 20, documents: 200, changes: 1000, crashes: 10 }

export const subject: Subject = ({ quick }) => {
  const trial = quick ? quickly : whole
  return Promise.resolve([
    lanTable(trial, runLan(trial)),
    documentTable(),
    awayTable(runAway({ documents: 100, changes: 10_000 }), runAway({ documents: 1, changes: 10_000 })),
  ])
}

function lanTable(trial: LanTrial, figures: LanFigures): Table {
  const { acknowledged, bytesPerChange, leastBytesPerChange: least, lost, states, virtualSeconds } = figures
  const kilobytes = (bytes: number): number => bytes / 1000
  const each = 1 / (trial.peers - 1)
  const { documents, gossip, swim } = bytesPerChange
  const parts: readonly (readonly [string, number])[] = [
    ['change sets, each to each peer once: the least', least],
    ['gossip', gossip],
    ['comparing and repairing', documents],
    ['membership', swim],
    ['all', gossip + documents + swim],
  ]
  return {
    title: `${trial.peers} peers on a local network, ${trial.documents} documents, churn`,
    columns: ['kB a change', 'bytes a change and receiver', 'times the least'],
    rows: [
      ...parts.map(([label, bytes]) => ({ label, values: [kilobytes(bytes), bytes * each, bytes / least] })),
      { label: 'states at the end', values: [states, '', ''], gate: atMost(states, 1) },
      { label: 'acknowledged operations lost', values: [lost, '', ''], gate: atMost(lost, 0) },
    ],
    notes: [
      `Simulated for ${Math.round(virtualSeconds)} s: every peer follows all documents; ${trial.documents} are made, ten a second, then ${trial.changes} changes of a word are made by random peers in random documents, fifty a second, while ${trial.crashes} peers crash and come back after 1 to 11 s. Then three periods of anti-entropy pass. ${acknowledged} pairs of a document and a replica were acknowledged.`,
      'Bytes are those of the messages as they are encoded, without encryption and frames. Each document has a topic and a tree of its own in gossip, and a tree is flooded before it is pruned: with a few changes a document most of gossip is that.',
    ],
  }
}

function documentTable(): Table {
  const rows = (
    [
      [16, 250],
      [100, 1400],
    ] as const
  ).flatMap(([replicas, most]) => {
    const { summaryBytes, roundTrips, setsSent, setsLacking } = runOneDocument(replicas)
    const label = `of ${replicas} replicas`
    return [
      { label: `${label}: summary, bytes`, values: [summaryBytes], gate: atMost(summaryBytes, most) },
      { label: `${label}: round trips`, values: [roundTrips], gate: atMost(roundTrips, 1) },
      { label: `${label}: sent twice`, values: [setsSent - setsLacking], gate: atMost(setsSent - setsLacking, 0) },
    ]
  })
  return {
    title: 'One document that differs at both ends',
    columns: [''],
    rows,
    notes: [
      'Simulated: each of two peers has a change that the other lacks. Bytes are those of the larger summary; 34 more say of which document it is. Round trips are counted from the first summary until both know what the other lacks: the changes of one go with its answer, those of the other after it.',
    ],
  }
}

function awayTable(many: AwayFigures, one: AwayFigures): Table {
  const row = (label: string, figures: AwayFigures): Table['rows'][number] => ({
    label,
    values: [
      figures.roundTrips,
      figures.changesBytes / 1e6,
      figures.overheadBytes / 1000,
      figures.repeated,
      figures.duration / 1000,
      figures.isEqual ? 'yes' : 'no',
    ],
    gate: atMost(figures.roundTrips, 2),
  })
  return {
    title: 'A peer comes back after a day in which another made 10,000 changes',
    columns: [
      'round trips before the changes',
      'changes, MB',
      'all else, kB',
      'sent twice',
      's until all is there',
      'equal',
    ],
    rows: [row('in 100 documents', many), row('in one document', one)],
    notes: [
      'Simulated with 100 ms each way. Round trips are counted from the connection to the first change. The peer was killed and has its disk; it follows all documents, and knows how far it was compared. How long the changes take then is a matter of the credit that a receiver gives: 64 messages of 128 KiB here.',
    ],
  }
}
