import { swimPresets, type SwimOptions } from '../../../overlays/swim/index.ts'

/** memberlist's defaults for a local network with the α that Tables IV to VII were measured with, and Lifeguard off. */
const memberlist: SwimOptions = {
  probeInterval: 1000,
  probeTimeout: 500,
  indirectProbes: 3,
  suspicionMultiplier: 5,
  suspicionMaximumMultiplier: 1,
  suspicionConfirmations: 3,
  localHealthLimit: 0,
  buddySystem: false,
  transmissionMultiplier: 4,
  gossipInterval: 200,
  gossipFanout: 3,
  gossipToTheDead: 30_000,
  syncInterval: 30_000,
  witnesses: false,
  withdrawalDelay: 0,
}

const localHealthAwareProbe: SwimOptions = { localHealthLimit: 8, nackShare: 0.8 }
const localHealthAwareSuspicion: SwimOptions = { suspicionMaximumMultiplier: 6 }
const buddySystem: SwimOptions = { buddySystem: true }

/** The rows of Tables IV to VI. */
export const configurations = {
  'SWIM': memberlist,
  'LHA-Probe': { ...memberlist, ...localHealthAwareProbe },
  'LHA-Suspicion': { ...memberlist, ...localHealthAwareSuspicion },
  'Buddy System': { ...memberlist, ...buddySystem },
  'Lifeguard': { ...memberlist, ...localHealthAwareProbe, ...localHealthAwareSuspicion, ...buddySystem },
  /** The defaults: α is 4. */
  'Peerloom': swimPresets.lan,
} as const satisfies Readonly<Record<string, SwimOptions>>

export type Configuration = keyof typeof configurations

export const groupSize = 128

/** From the start of the agents to that of the anomalies. */
export const quietTime = 15_000
