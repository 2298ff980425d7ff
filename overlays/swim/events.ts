import type { MembershipEvent, PeerId } from '../../node/protocol/index.ts'

export type SwimEvent =
  | MembershipEvent
  /** This member begins, with an empty memory or with whom it knows from the start. */
  | { readonly type: 'started' }
  /** It has something new to say of itself, without having been accused. */
  | { readonly type: 'raised'; readonly incarnation: number }
  /** That member was gone for long enough, or had to make room. */
  | { readonly type: 'forgotten'; readonly peer: PeerId; readonly incarnation: number }
  /** It has taken itself out: it does badly among others who are well. And is well again. */
  | { readonly type: 'withdrew' | 'came-back'; readonly incarnation: number }
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

const membershipEvents: ReadonlySet<SwimEvent['type']> = new Set<MembershipEvent['type']>([
  'joined',
  'suspected',
  'alive',
  'failed',
  'left',
  'updated',
])

/** Whether it is one that the role `Membership` tells of. */
export function isMembershipEvent(event: SwimEvent): event is MembershipEvent {
  return membershipEvents.has(event.type)
}
