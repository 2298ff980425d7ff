import type { Item } from './item.ts'

/** A version at which a tracker counts what is visible. It moves on with the operations made there. */
export interface View {
  readonly slot: number
  /** Its heads, as local numbers, ascending. */
  heads: readonly number[]
  /** Operations of each agent that it includes. */
  readonly counts: number[]
  /** The agent that used it last, and when. */
  agent: number
  used: number
  /** The item at whose end the last insertion of this view ended, and the index behind it; undefined once it moved. */
  cursor: Item | undefined
  cursorId: number
  cursorIndex: number
}

export function createView(slot: number, heads: readonly number[], counts: number[], agent: number): View {
  return { slot, heads, counts, agent, used: 0, cursor: undefined, cursorId: 0, cursorIndex: 0 }
}

/** @param heads ascending */
export function standsAt(view: View, heads: readonly number[]): boolean {
  if (view.heads.length !== heads.length) return false
  for (let at = 0; at < heads.length; at++) if (view.heads[at] !== heads[at]) return false
  return true
}

/** Whether a version has all heads of the view among its own. @param heads ascending */
export function goesOn(view: View, heads: readonly number[]): boolean {
  let found = 0
  for (let at = 0; at < heads.length && found < view.heads.length; at++) if (heads[at] === view.heads[found]) found++
  return found === view.heads.length
}

export function include(counts: number[], agent: number, count: number): void {
  while (counts.length <= agent) counts.push(0)
  counts[agent] = count
}
