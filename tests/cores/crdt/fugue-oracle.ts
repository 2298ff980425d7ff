/**
 * The order of a text by the definition of Fugue (Weidner & Kleppmann, "The Art of the Fugue", §3), one node a
 * character, no spans, no positions, no shared code with the library. Slow on purpose.
 */
interface Node {
  readonly id: string
  readonly author: string
  readonly character: string
  readonly parent: Node | undefined
  readonly side: 'left' | 'right'
  readonly lefts: Node[]
  readonly rights: Node[]
  readonly deletedBy: Set<string>
}

export class FugueOracle {
  readonly #root: Node = createNode('', '', '', undefined, 'right')

  /** Inserts a character at an index of the text as it is to whoever knows just those ids. */
  insert(id: string, author: string, index: number, character: string, known: ReadonlySet<string>): void {
    const order = this.#order().filter((node) => known.has(node.id))
    const visible = order.filter((node) => isVisible(node, known))
    const left = index === 0 ? this.#root : (visible[index - 1] as Node)
    const next = order[left === this.#root ? 0 : order.indexOf(left) + 1]
    const hasRights = left.rights.some((node) => known.has(node.id))
    const node = hasRights
      ? createNode(id, author, character, next, 'left')
      : createNode(id, author, character, left, 'right')
    const siblings = node.side === 'left' ? (node.parent as Node).lefts : (node.parent as Node).rights
    siblings.push(node)
    siblings.sort(byAuthor)
  }

  /** Deletes the character at an index of the text as it is to whoever knows just those ids. */
  delete(id: string, index: number, known: ReadonlySet<string>): void {
    const visible = this.#order().filter((node) => known.has(node.id) && isVisible(node, known))
    ;(visible[index] as Node).deletedBy.add(id)
  }

  /** Characters visible to whoever knows just those ids. */
  length(known: ReadonlySet<string>): number {
    return this.#order().filter((node) => known.has(node.id) && isVisible(node, known)).length
  }

  /** The characters themselves, in order, visible to whoever knows just those ids. */
  visible(known: ReadonlySet<string>): string[] {
    return this.#order()
      .filter((node) => known.has(node.id) && isVisible(node, known))
      .map((node) => node.character)
  }

  text(): string {
    return this.#order()
      .filter((node) => node.deletedBy.size === 0)
      .map((node) => node.character)
      .join('')
  }

  /** Where the character stands, or the gap it left. */
  indexOf(id: string): number {
    const order = this.#order()
    const at = order.findIndex((node) => node.id === id)
    return order.slice(0, at).filter((node) => node.deletedBy.size === 0).length
  }

  #order(): Node[] {
    const order: Node[] = []
    const visit = (node: Node): void => {
      for (const child of node.lefts) visit(child)
      if (node !== this.#root) order.push(node)
      for (const child of node.rights) visit(child)
    }
    visit(this.#root)
    return order
  }
}

function createNode(
  id: string,
  author: string,
  character: string,
  parent: Node | undefined,
  side: 'left' | 'right',
): Node {
  return { id, author, character, parent, side, lefts: [], rights: [], deletedBy: new Set() }
}

function isVisible(node: Node, known: ReadonlySet<string>): boolean {
  for (const id of node.deletedBy) if (known.has(id)) return false
  return true
}

function byAuthor(left: Node, right: Node): number {
  return left.author < right.author ? -1 : left.author > right.author ? 1 : 0
}
