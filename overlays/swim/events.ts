import type { MembershipEvent, PeerId } from '../../node/protocol/index.ts'

export type SwimEvent =
  | MembershipEvent
  /** Others thought wrongly of this member, and it told them so. */
  | { readonly type: 'refuted'; readonly incarnation: number }
  /** An update was not believed: its incarnation or the version of its tags is absurd, or the member table is full. */
  | {
      readonly type: 'rejected'
      readonly reason: 'incarnation' | 'tags' | 'member-limit'
      readonly peer: PeerId
      readonly from: PeerId
    }
  /** Own addresses beyond what a message holds are told to nobody. */
  | { readonly type: 'addresses-cut'; readonly count: number }

/** Whether it is one that the role `Membership` tells of. */
export function isMembershipEvent(event: SwimEvent): event is MembershipEvent {
  return event.type !== 'refuted' && event.type !== 'rejected' && event.type !== 'addresses-cut'
}
