import {
  isMember,
  isSkipped,
  violation,
  type MemberState,
  type ModelRules,
  type NodeState,
  type World,
} from './world.ts'

export interface Transition {
  readonly act: string
  readonly world: World
}

/**
 * All that can happen next. An answer is given and taken in one step, which is right because whoever waits for one tells
 * nobody of its own state meanwhile; between the question and that step anything else may happen. A notification arrives at
 * any time, or never, even after its sender has failed.
 *
 * A member fails only where the invariant survives it: that is the theorem's assumption on failures. What the rules
 * themselves do to the invariant is what is checked.
 */
export function transitions(world: World, rules: ModelRules): Transition[] {
  const found: Transition[] = []
  world.forEach((state, node) => {
    const become = (act: string, next: NodeState): void => {
      found.push({ act: `${node} ${act}`, world: world.with(node, next) })
    }
    switch (state.status) {
      case 'outside':
        for (const asked of precedingMembers(world, node))
          become(`finds that it follows ${asked}`, { ...state, status: 'joining', asked })
        break
      case 'joining':
        joinSteps(world, rules, node, state, become)
        break
      case 'member':
        memberSteps(world, rules, node, state, become)
    }
    if (state.status !== 'outside') fail(world, rules, node, state, become)
    if (state.notice >= 0) deliver(world, rules, node, state, found)
  })
  return found
}

type Become = (act: string, next: NodeState) => void

/** A look-up ends at a member between which and its successor the newcomer lies; when that is asked, it may be otherwise. */
function precedingMembers(world: World, node: number): number[] {
  return world.flatMap((state, member) => {
    const head = state.status === 'member' ? state.successors[0] : undefined
    return head !== undefined && isSkipped(member, node, head) ? [member] : []
  })
}

function joinSteps(
  world: World,
  rules: ModelRules,
  node: number,
  state: Extract<NodeState, { readonly status: 'joining' }>,
  become: Become,
): void {
  const { asked, notice } = state
  const member = world[asked]
  const outside: NodeState = { status: 'outside', notice }
  if (member?.status !== 'member') become(`hears nothing of ${asked}`, outside)
  else if (member.pending === undefined) {
    become(
      `joins with [${member.successors}], the list of ${asked}`,
      rules.join(node, asked, member, notice) ?? outside,
    )
  } else become(`finds ${asked} busy`, outside)
}

function memberSteps(world: World, rules: ModelRules, node: number, state: MemberState, become: Become): void {
  const { pending } = state
  if (pending === undefined) return become('begins to stabilise', rules.stabilise(node, state))
  const { step, to } = pending
  const asked = world[to]
  const own = { ...state, pending: undefined }
  const act = `${step} ${to}`
  if (asked?.status !== 'member') become(`${act}: silence`, rules.answered(node, own, pending, 'timed-out'))
  else if (step === 'rectify') become(`${act}: it lives`, rules.answered(node, own, pending, 'alive'))
  else if (asked.pending !== undefined) become(`${act}: busy`, rules.answered(node, own, pending, 'busy'))
  else
    become(
      `${act}: it has [${asked.successors}], predecessor ${asked.predecessor}`,
      rules.answered(node, own, pending, asked),
    )
}

function fail(world: World, rules: ModelRules, node: number, state: NodeState, become: Become): void {
  const next: NodeState = { status: 'outside', notice: state.notice }
  if (state.status === 'member' && violation(world.with(node, next), rules.length) !== undefined) return
  become('fails', next)
}

function deliver(world: World, rules: ModelRules, sender: number, state: NodeState, found: Transition[]): void {
  const receiver = state.notice
  const rest = world.with(sender, { ...state, notice: -1 })
  const told = rest[receiver]
  found.push({ act: `a notification of ${sender} to ${receiver} is lost`, world: rest })
  if (!isMember(rest, receiver) || told?.status !== 'member' || told.pending !== undefined) return
  found.push({
    act: `${receiver} is notified by ${sender}`,
    world: rest.with(receiver, rules.notified(receiver, told, sender)),
  })
}
