export type { RingNode } from './ring-node.ts'
export type { Answer, Neighbourhood, Pending, RingRules } from './rules.ts'
