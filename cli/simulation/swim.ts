import {
  converted,
  duration,
  flag,
  optional,
  record,
  share,
  wholeNumber,
  word,
  type Field,
  type Fields,
  type ScenarioOverlay,
  type Shape,
} from '../../node/simulation/index.ts'
import {
  IncarnationChecker,
  KnownMembers,
  ResurrectionChecker,
  resolveSwimOptions,
  swim,
  swimDefinition,
  swimPresets,
  type ResolvedSwimOptions,
  type Swim,
  type SwimEvent,
  type SwimOptions,
} from '../../overlays/swim/index.ts'
import { AgreementChecker, FalseFailureChecker } from './swim-checkers.ts'
import { inWords } from './swim-words.ts'
import { Detection, FalsePositives, Views } from './swim-figures.ts'

type Preset = keyof typeof swimPresets

const protocol = swimDefinition().name

/** Options that are lengths of time; all other numbers are counts. */
const durations: ReadonlySet<string> = new Set([
  'probeInterval',
  'probeTimeout',
  'gossipInterval',
  'gossipToTheDead',
  'syncInterval',
  'withdrawalDelay',
  'forgetAfter',
] satisfies (keyof ResolvedSwimOptions)[])

type Given = SwimOptions & { readonly preset?: Preset }

const presetField: Field<unknown> = optional(
  word(...(Object.keys(swimPresets) as Preset[])),
  'What the other options start from. Left out: "lan".',
)

const optionFields = Object.entries(swimPresets.lan).flatMap(([name, value]: [string, unknown]) =>
  typeof value === 'number' || typeof value === 'boolean' ? [[name, optionField(name, value)] as const] : [],
)

const options: Shape<ResolvedSwimOptions> = converted(
  record(
    'an object with options of SWIM, {} for the defaults',
    Object.fromEntries([['preset', presetField], ...optionFields]) as unknown as Fields<Given>,
  ),
  ({ preset = 'lan', ...given }) => resolveSwimOptions({ ...swimPresets[preset], ...given }),
)

function optionField(name: string, preset: number | boolean): Field<unknown> {
  const about = `See SwimOptions; ${preset} in the preset "lan".`
  if (typeof preset === 'boolean') return optional(flag as Shape<unknown>, about)
  if (!Number.isInteger(preset)) return optional(share as Shape<unknown>, about)
  const count = wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER })
  return optional((durations.has(name) ? duration() : count) as Shape<unknown>, about)
}

/** SWIM as scenario files know it. */
export const swimOverlay: ScenarioOverlay<ResolvedSwimOptions, Swim, never> = {
  about: 'Group membership with failure detection.',
  protocol,
  options,
  prepare(resolved, run) {
    let known: KnownMembers | undefined
    const joining = swim(resolved)
    return (host, { contacts, knowsAll }) => {
      if (!knowsAll) {
        const api = joining.attach(host)
        api.join(contacts)
        return api
      }
      const all = (known ??= new KnownMembers(run.names))
      return swim(resolved, { members: (self) => all.sharedTable(self) }).attach(host)
    }
  },
  describe: (event) => inWords(event as SwimEvent),
  checkers: {
    'incarnations': {
      about: 'Only its owner raises an incarnation.',
      create: (run) =>
        new IncarnationChecker(function* () {
          for (const peer of run.peers) {
            if (peer.state === 'running') yield { self: peer.id, members: () => run.api(peer).members() }
          }
        }),
    },
    'resurrections': {
      about: 'Nobody is alive and failed at one incarnation.',
      create: () => new ResurrectionChecker(),
    },
    'false-failures': {
      about: 'No healthy member calls another healthy member failed.',
      create: (run) => new FalseFailureChecker(run, protocol),
    },
    'agreement': {
      about: 'At the end every member that runs knows exactly those that run.',
      create: (run) => new AgreementChecker(run),
    },
  },
  measurements: {
    detection: {
      about: 'How long crashes stay unnoticed, by the first member and by all.',
      create: (run) => new Detection(run, protocol),
    },
    falsePositives: {
      about: 'Members that are called failed while they run.',
      create: (run) => new FalsePositives(run, protocol),
    },
    views: { about: 'How many different groups the healthy members see at the end.', create: (run) => new Views(run) },
  },
}
