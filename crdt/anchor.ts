import type { Dot } from './change.ts'
import type { ContainerId } from './container.ts'

/**
 * A place in a text or list that keeps to a character or item, wherever others' edits move it. Plain data: it may be
 * kept, sent (`encodeAnchor`) and resolved on any replica that has the character. Where the character is deleted, the
 * anchor stays at the gap.
 */
export interface Anchor {
  readonly container: ContainerId
  /**
   * `before`: in front of the character, so that text inserted at the anchor lands in front of it; without a character,
   * the end. `after`: behind the character, so that text inserted at the anchor lands behind it; without one, the start.
   */
  readonly side: 'before' | 'after'
  readonly character: Dot | undefined
}
