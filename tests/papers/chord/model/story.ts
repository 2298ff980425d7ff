import type { Counterexample, Step } from './explorer.ts'
import type { Unrepaired } from './maintenance.ts'
import { nobody, type ModelNeighbourhood, type NodeState, type World } from './node-state.ts'

/** How to read the lines of a story. */
export const legend: string =
  '`A [B C] <D`: A is a member with successors B and C and predecessor D; `?B`: it waits for an answer of B; `!B`: its notification is under way to B; `A ?B`: A is about to join by asking B; `A -`: not a member.'

/** Who did what, and what all knew then: a line a step. */
export function told({ start, steps }: Counterexample, unrepaired: Unrepaired | undefined): string[] {
  const worlds = [start, ...steps.map(({ world }) => world)]
  const acts = ['start', ...steps.map((step, index) => actOf(step, worlds[index] as World))]
  if (unrepaired !== undefined) {
    acts.push(`${unrepaired.rounds} rounds later, ${orderOf(unrepaired)}`)
    worlds.push(unrepaired.world)
  }
  const lines = worlds.map((world) => world.map((state, place) => nodeOf(state, place, world.length)))
  const widths = (lines[0] ?? []).map((_, place) => Math.max(...lines.map((line) => line[place]?.length ?? 0)))
  const actWidth = Math.max(...acts.map((act) => act.length))
  return lines.map((line, index) => {
    const cells = line.map((cell, place) => cell.padEnd(widths[place] ?? 0))
    return `${String(index).padStart(2)}. ${acts[index]?.padEnd(actWidth)}  ${cells.join('  ')}`.trimEnd()
  })
}

function orderOf({ order: { isClockwise, notifiesLast } }: Unrepaired): string {
  const direction = isClockwise ? 'clockwise' : 'counter-clockwise'
  return notifiesLast ? `${direction}, all ask before all notify` : direction
}

function actOf({ place, numbered: { move, to } }: Step, before: World): string {
  const size = before.length
  const actor = nameOf(place, 0, size)
  if (move.type === 'change') {
    return `${actor} ${move.act}${move.by === undefined ? '' : ` ${nameOf(place, move.by, size)}`}`
  }
  if (move.type === 'failure') return `${actor} ${move.act}`
  const other = (place + to) % size
  const named = `${actor} ${move.act} ${nameOf(other, 0, size)}`
  if (move.type === 'delivery') return named
  const state = before[other]
  return state?.status === 'member' ? named : `${named}: silence`
}

function nodeOf(state: NodeState, place: number, size: number): string {
  const name = nameOf(place, 0, size)
  const notice = state.notice === nobody ? '' : ` !${nameOf(place, state.notice, size)}`
  if (state.status === 'outside') return `${name} -${notice}`
  if (state.status === 'joining') return `${name} ?${nameOf(place, state.asked, size)}${notice}`
  const waits = state.pending === undefined ? '' : ` ?${nameOf(place, state.pending.to, size)}`
  const old = state.told === undefined ? '' : ` (tells ${neighbourhoodOf(state.told, place, size)})`
  return `${name} ${neighbourhoodOf(state, place, size)}${old}${waits}${notice}`
}

function neighbourhoodOf({ successors, predecessor }: ModelNeighbourhood, place: number, size: number): string {
  const list = successors.map((node) => nameOf(place, node, size)).join(' ')
  return `[${list}] <${predecessor === nobody ? '-' : nameOf(place, predecessor, size)}`
}

function nameOf(place: number, node: number, size: number): string {
  return String.fromCharCode(65 + ((place + node) % size))
}
