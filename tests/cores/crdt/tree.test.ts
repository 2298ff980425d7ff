import { describe, expect, test } from 'vitest'
import {
  createDocument,
  decodeChanges,
  loadDocument,
  replicaId,
  type Change,
  type Document,
  type DocumentEvent,
  type TreeContainer,
  type TreeDelta,
  type TreeNodeId,
} from '../../../crdt/index.ts'
import { ByteWriter, createRandom, integer } from '../../../node/protocol/index.ts'

function exchange(...documents: readonly Document[]): void {
  for (const from of documents) for (const to of documents) if (from !== to) to.merge(from.changesSince(to.version))
}

/** Two replicas with the same roots a, b and c. */
function pair(): { left: Document; right: Document; a: TreeNodeId; b: TreeNodeId; c: TreeNodeId } {
  const left = createDocument({ replica: 'left' })
  const tree = left.tree('tree')
  const nodes = left.transact(() => [tree.create(), tree.create(), tree.create()] as const)
  const right = loadDocument(left.encode(), { replica: 'right' })
  const [a, b, c] = nodes
  return { left, right, a, b, c }
}

function listen(document: Document): TreeDelta[] {
  const deltas: TreeDelta[] = []
  document.subscribe((event: DocumentEvent) => {
    if (event.type === 'changed') for (const delta of event.deltas) if (delta.type === 'tree') deltas.push(delta.delta)
  })
  return deltas
}

describe('one replica', () => {
  test('builds, reads and rearranges a tree', () => {
    const document = createDocument({ replica: 'a' })
    const tree = document.tree('outline')
    const first = tree.create()
    const second = tree.create()
    const zeroth = tree.create(undefined, 0)
    const child = tree.create(first)
    const elder = tree.create(first, 0)
    expect(tree.roots()).toEqual([zeroth, first, second])
    expect(tree.children(first)).toEqual([elder, child])
    expect(tree.parent(child)).toBe(first)
    expect(tree.parent(first)).toBeUndefined()
    expect([...tree]).toEqual([zeroth, first, elder, child, second])
    tree.move(second, first, 1)
    expect(tree.children(first)).toEqual([elder, second, child])
    tree.move(elder, first)
    expect(tree.children(first)).toEqual([second, child, elder])
    tree.move(child, undefined, 0)
    expect(tree.roots()).toEqual([child, zeroth, first])
    expect(tree.size).toBe(5)
    expect(document.container(tree.id)).toBe(tree)
  })

  test('keeps what a node holds in a map of its own', () => {
    const document = createDocument({ replica: 'a' })
    const tree = document.tree('outline')
    const node = tree.create()
    tree.data(node)?.set('title', 'Chapter')
    const child = tree.create(node)
    tree.data(child)?.create('body', 'text').insert(0, 'Once')
    expect(document.toJSON()).toEqual({
      outline: [
        { id: node, parent: null, data: { title: 'Chapter' } },
        { id: child, parent: node, data: { body: 'Once' } },
      ],
    })
    expect(loadDocument(document.encode()).toJSON()).toEqual(document.toJSON())
  })

  test('deletes a node with all below it', () => {
    const tree = createDocument().tree('tree')
    const root = tree.create()
    const child = tree.create(root)
    const data = tree.data(child)
    expect(tree.delete(root)).toBe(true)
    expect(tree.delete(root)).toBe(false)
    expect(tree.delete(child)).toBe(false)
    expect([tree.size, tree.roots(), tree.children(root), tree.has(child)]).toEqual([0, [], [], false])
    expect([tree.data(child), tree.parent(child)]).toEqual([undefined, undefined])
    expect(data?.size).toBe(0)
  })

  test('refuses nodes it does not have, indices out of range and places below the node itself', () => {
    const tree = createDocument().tree('tree')
    const root = tree.create()
    const child = tree.create(root)
    const gone = tree.create(root)
    tree.delete(gone)
    expect(() => tree.create(gone)).toThrow(RangeError)
    expect(() => tree.move(gone, root)).toThrow(RangeError)
    expect(() => tree.move(child, gone)).toThrow(RangeError)
    expect(() => tree.create('7.nobody' as TreeNodeId)).toThrow(RangeError)
    expect(() => tree.create(root, 2)).toThrow(RangeError)
    expect(() => tree.create(root, -1)).toThrow(RangeError)
    expect(() => tree.move(child, root, 1)).toThrow(RangeError)
    expect(() => tree.move(root, child)).toThrow(`Cannot move the node ${root} below ${child}: that is in it`)
    expect(() => tree.move(root, root)).toThrow(RangeError)
    expect(tree.nodes()).toEqual([root, child])
  })

  test('a transaction that throws leaves the tree as it was, and its numbers can be used again', () => {
    const document = createDocument({ replica: 'a' })
    const tree = document.tree('tree')
    const root = tree.create()
    const child = tree.create(root)
    tree.data(child)?.set('title', 'kept')
    const before = tree.toJSON()
    const failing = (): void =>
      document.transact(() => {
        const other = tree.create(undefined, 0)
        tree.move(child, other)
        expect(tree.nodes()).toEqual([other, child, root])
        tree.delete(root)
        tree.move(tree.create(child), other)
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    expect(tree.toJSON()).toEqual(before)
    const next = tree.create(root, 0)
    expect(tree.nodes()).toEqual([root, next, child])
  })

  test('has room anywhere: a thousand nodes put in front, behind, in the middle or anywhere stand where they should', () => {
    const random = createRandom(7)
    const places: ((length: number) => number)[] = [
      () => 0,
      (length) => length,
      (length) => length >> 1,
      (length) => Math.min(length, 1),
      (length) => Math.max(0, length - 1),
      (length) => integer(random, length + 1),
    ]
    for (const place of places) {
      const document = createDocument({ replica: 'a' })
      const tree = document.tree('tree')
      const expected: TreeNodeId[] = []
      document.transact(() => {
        for (let count = 0; count < 1000; count++) {
          const index = place(count)
          expected.splice(index, 0, tree.create(undefined, index))
        }
      })
      expect(tree.roots()).toEqual(expected)
      expect(loadDocument(document.encode()).tree('tree').roots()).toEqual(expected)
    }
  })

  test('appending keeps positions short', () => {
    const document = createDocument({ replica: 'a' })
    const tree = document.tree('tree')
    document.transact(() => Array.from({ length: 5000 }, () => tree.create()))
    const { operations } = decodeChanges(document.encode())[0] as Change
    expect(operations.length / 5000).toBeLessThan(8)
  })

  test('a chain of fifty thousand nodes is built, moved, deleted and read without recursion', () => {
    const document = createDocument({ replica: 'a' })
    const tree = document.tree('tree')
    const top = tree.create()
    const bottom = document.transact(() => {
      let node = top
      for (let depth = 0; depth < 50_000; depth++) node = tree.create(node)
      return node
    })
    const other = tree.create()
    tree.move(top, other)
    expect(() => tree.move(other, bottom)).toThrow(RangeError)
    const loaded = loadDocument(document.encode())
    expect(JSON.stringify(loaded)).toBe(JSON.stringify(document))
    expect(tree.delete(other)).toBe(true)
    expect(tree.size).toBe(0)
  })
})

describe('several replicas', () => {
  test('of two moves of one node, the later stands, and it is in one place', () => {
    const { left, right, a, b, c } = pair()
    left.tree('tree').move(c, a)
    right.tree('tree').move(c, b)
    exchange(left, right)
    for (const document of [left, right]) {
      expect(document.tree('tree').parent(c)).toBe(b)
      expect(document.tree('tree').nodes()).toEqual([a, b, c])
    }
  })

  test('two nodes moved below each other make no cycle: the later move does nothing', () => {
    const { left, right, a, b, c } = pair()
    left.tree('tree').move(a, b)
    right.tree('tree').move(b, a)
    exchange(left, right)
    for (const document of [left, right]) expect(document.tree('tree').nodes()).toEqual([b, a, c])
  })

  test('a node deleted by one and moved by another later comes back, with all below it', () => {
    const { left, right, a, b } = pair()
    const child = right.tree('tree').create(a)
    right.tree('tree').move(a, b)
    left.tree('tree').delete(a)
    const deltas = listen(left)
    exchange(left, right)
    for (const document of [left, right]) expect(document.tree('tree').children(a)).toEqual([child])
    expect(deltas).toEqual([
      [
        { node: a, old: undefined, new: { parent: b, index: 0 } },
        { node: child, old: undefined, new: { parent: a, index: 0 } },
      ],
    ])
  })

  test('what is created or put below a node that another deletes goes with it, and can be fetched from nowhere', () => {
    const { left, right, a, b } = pair()
    left.tree('tree').move(b, a)
    const child = left.tree('tree').create(a)
    right.text('other').insert(0, 'so that its deletion is later')
    right.tree('tree').delete(a)
    exchange(left, right)
    for (const document of [left, right]) {
      expect([a, b, child].map((node) => document.tree('tree').has(node))).toEqual([false, false, false])
    }
  })

  test('nodes put at one place at once stand in the order of their ids, with room between them', () => {
    const { left, right, a, b } = pair()
    const one = left.tree('tree').create(undefined, 1)
    const other = right.tree('tree').create(undefined, 1)
    exchange(left, right)
    expect(left.tree('tree').roots().slice(0, 4)).toEqual([a, other, one, b])
    const between = left.tree('tree').create(undefined, 2)
    const nearer = left.tree('tree').create(undefined, 2)
    exchange(left, right)
    expect(right.tree('tree').roots().slice(0, 6)).toEqual([a, other, nearer, between, one, b])
  })

  test('what a node holds is merged also while others move it', () => {
    const { left, right, a, b } = pair()
    left.tree('tree').data(a)?.set('title', 'left')
    right.tree('tree').data(a)?.set('done', true)
    right.tree('tree').move(a, b)
    exchange(left, right)
    expect(left.toJSON()).toEqual(right.toJSON())
    expect(left.tree('tree').data(a)?.toJSON()).toEqual({ title: 'left', done: true })
  })

  test('branches of ten thousand moves each are merged in one go', () => {
    const { left, right } = pair()
    for (const document of [left, right]) {
      const random = createRandom(document.replica.length)
      const tree = document.tree('tree')
      const nodes = document.transact(() => Array.from({ length: 300 }, () => tree.create()))
      const pick = (): TreeNodeId => nodes[integer(random, nodes.length)] as TreeNodeId
      for (let move = 0; move < 10_000; move++) {
        const [node, parent] = [pick(), pick()]
        if (!isBelow(tree, parent, node)) tree.move(node, parent)
      }
    }
    exchange(left, right)
    expect(left.tree('tree').size).toBe(603)
    expect(left.tree('tree').toJSON()).toEqual(right.tree('tree').toJSON())
  })
})

function isBelow(tree: TreeContainer, node: TreeNodeId | undefined, other: TreeNodeId): boolean {
  for (let at = node; at !== undefined; at = tree.parent(at)) if (at === other) return true
  return false
}

describe('events', () => {
  test('tell what went, what came and what moved, parents first', () => {
    const document = createDocument({ replica: 'a' })
    const tree = document.tree('tree')
    const deltas = listen(document)
    const [root, child] = document.transact(() => {
      const root = tree.create()
      return [root, tree.create(root)] as const
    })
    const other = tree.create(undefined, 0)
    document.transact(() => {
      tree.move(child, other)
      tree.delete(root)
    })
    tree.delete(other)
    expect(deltas).toEqual([
      [
        { node: root, old: undefined, new: { parent: undefined, index: 0 } },
        { node: child, old: undefined, new: { parent: root, index: 0 } },
      ],
      [{ node: other, old: undefined, new: { parent: undefined, index: 0 } }],
      [
        { node: root, old: { parent: undefined }, new: undefined },
        { node: child, old: { parent: root }, new: { parent: other, index: 0 } },
      ],
      [
        { node: other, old: { parent: undefined }, new: undefined },
        { node: child, old: { parent: other }, new: undefined },
      ],
    ])
  })

  test('of a loaded document tell only what is new', () => {
    const { left, right, a } = pair()
    left.tree('tree').move(a, undefined)
    const copy = loadDocument(left.encode())
    const deltas = listen(copy)
    const node = right.tree('tree').create()
    copy.merge(right.encode())
    expect(deltas).toEqual([[{ node, old: undefined, new: { parent: undefined, index: 3 } }]])
  })

  test('tell nothing of what is undone within one transaction, and of changes without effect', () => {
    const { left, right, a, b } = pair()
    const deltas = listen(left)
    left.transact(() => left.tree('tree').delete(left.tree('tree').create(a)))
    right.tree('tree').move(b, a)
    left.tree('tree').move(a, b)
    exchange(left, right)
    left.merge(right.encode())
    expect(deltas).toHaveLength(2)
  })
})

describe('hostile changes', () => {
  const move = 10
  const treeType = 7

  function write(document: Document, fill: (writer: ByteWriter) => void): DocumentEvent[] {
    const rejected: DocumentEvent[] = []
    document.subscribe((event) => void (event.type === 'rejected' && rejected.push(event)))
    const writer = new ByteWriter()
    writer
      .u8(1)
      .varint(1)
      .u8(treeType * 2)
      .text('tree')
    fill(writer)
    const replica = replicaId('mallory')
    document.apply([
      { replica, sequence: 0, count: 1, dependencies: document.frontier, time: 0, operations: writer.finish() },
    ])
    return rejected
  }

  const faults: [string, (writer: ByteWriter) => void][] = [
    ['a creation below an unknown node', (w) => w.u8(move).varint(0).u8(0).u8(2).text('left').varint(99).text('P')],
    ['a creation below itself', (w) => w.u8(move).varint(0).u8(0).u8(1).varint(0).text('P')],
    [
      'a creation below a node of another tree',
      (w) => w.u8(move).varint(0).u8(0).u8(2).text('left').varint(3).text('P'),
    ],
    ['a creation below a map', (w) => w.u8(move).varint(0).u8(0).u8(2).text('left').varint(4).text('P')],
    ['a position of other letters', (w) => w.u8(move).varint(0).u8(0).u8(0).text('é')],
    ['a position above the limit', (w) => w.u8(move).varint(0).u8(0).u8(0).text('P'.repeat(5000))],
    ['a move without a position', (w) => w.u8(move).varint(0).u8(2).text('left').varint(0).u8(0)],
    ['a move of an unknown node', (w) => w.u8(move).varint(0).u8(1).varint(7).u8(0).text('P')],
    [
      'a move below an unknown node',
      (w) => w.u8(move).varint(0).u8(2).text('left').varint(0).u8(1).varint(9).text('P'),
    ],
    ['a node of no replica', (w) => w.u8(move).varint(0).u8(2).text('').varint(0).u8(0).text('P')],
    ['a node of an unknown kind', (w) => w.u8(move).varint(0).u8(3).text('left').varint(0).u8(0).text('P')],
    ['a deletion of an unknown node', (w) => w.u8(move).varint(0).u8(2).text('left').varint(50).u8(0).text('')],
    ['a value', (w) => w.u8(9).varint(0).u8(0)],
  ]

  function target(): Document {
    const { left } = pair()
    left.tree('another').create()
    left.map('map').create('k', 'map')
    return left
  }

  test.each(faults)('%s has no effect', (_name, fill) => {
    const document = target()
    const before = document.toJSON()
    expect(write(document, fill)).toMatchObject([{ type: 'rejected', reason: 'invalid' }])
    expect(document.toJSON()).toEqual(before)
    document.tree('tree').create()
    expect(loadDocument(document.encode()).toJSON()).toEqual(document.toJSON())
  })

  test('a node created in the bin is nowhere, until somebody fetches it', () => {
    const document = target()
    const before = document.toJSON()
    expect(write(document, (w) => w.u8(move).varint(0).u8(0).u8(0).text(''))).toEqual([])
    expect(document.toJSON()).toEqual(before)
    expect(document.tree('tree').has('0.mallory' as TreeNodeId)).toBe(false)
  })

  test('a move into itself is valid and does nothing', () => {
    const document = target()
    const before = document.toJSON()
    const self = (w: ByteWriter): unknown =>
      w.u8(move).varint(0).u8(2).text('left').varint(0).u8(2).text('left').varint(0).text('P')
    expect(write(document, self)).toEqual([])
    expect(document.toJSON()).toEqual(before)
  })

  test('a node may be named only by those who saw its creation', () => {
    const { left, right } = pair()
    const node = left.tree('tree').create()
    const [, creation] = decodeChanges(left.encode()) as [Change, Change]
    const writer = new ByteWriter()
    writer
      .u8(1)
      .varint(1)
      .u8(treeType * 2)
      .text('tree')
      .u8(move)
      .varint(0)
      .u8(2)
      .text('left')
      .varint(3)
      .u8(0)
      .text('')

    const blind: Change = {
      replica: replicaId('mallory'),
      sequence: 0,
      count: 1,
      dependencies: right.frontier,
      time: 0,
      operations: writer.finish(),
    }
    for (const order of [
      [creation, blind],
      [blind, creation],
    ]) {
      const document = loadDocument(right.encode())
      document.apply(order)
      expect(document.tree('tree').has(node)).toBe(true)
      expect(document.statistics.rejected).toBe(1)
    }
  })

  test.each([
    ' ',
    '!',
    '~',
    '!!!!!!!!!!!!',
    '~~~~~~~~~~~~',
    '! ',
    '  ~',
    'P 0.left',
    '!'.repeat(4096),
    'P'.repeat(4096),
  ])('whatever position a stranger gave (%#), nodes can be put beside it', (position) => {
    const document = target()
    write(document, (w) => w.u8(move).varint(0).u8(0).u8(0).text(position))
    const tree = document.tree('tree')
    const node = '0.mallory' as TreeNodeId
    for (let round = 0; round < 5; round++) {
      const at = tree.roots().indexOf(node)
      const before = tree.create(undefined, at)
      expect(Math.abs(tree.roots().indexOf(node) - tree.roots().indexOf(before))).toBe(1)
      const after = tree.create(undefined, tree.roots().indexOf(node) + 1)
      expect(Math.abs(tree.roots().indexOf(node) - tree.roots().indexOf(after))).toBe(1)
    }
    expect(loadDocument(document.encode()).toJSON()).toEqual(document.toJSON())
  })

  test('where a stranger left no room at all, nodes stand on either side of its own', () => {
    const document = target()
    write(document, (w) => w.u8(move).varint(0).u8(0).u8(0).text('~'.repeat(4096)))
    const tree = document.tree('tree')
    const created = Array.from({ length: 20 }, () => tree.create())
    expect(tree.roots().slice(3).sort()).toEqual(['0.mallory', ...created].sort())
    expect(loadDocument(document.encode()).toJSON()).toEqual(document.toJSON())
  })
})
