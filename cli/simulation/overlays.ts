import type { ScenarioOverlays } from '../../node/simulation/index.ts'
import { gossipOverlay } from './gossip.ts'
import { swimOverlay } from './swim.ts'

/** The overlays that scenario files may name. */
export const overlays: ScenarioOverlays = { swim: swimOverlay, gossip: gossipOverlay }
