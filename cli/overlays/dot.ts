import { escapeLine } from '../escape.ts'

/** How a node or an edge looks: attributes of Graphviz. */
export interface Look {
  /** Line by line; anything may stand in it. */
  readonly label?: readonly string[]
  readonly style?: 'solid' | 'dashed' | 'dotted' | 'bold'
  readonly color?: 'black' | 'gray' | 'red'
}

interface Node extends Look {
  readonly id: string
}

interface Edge extends Look {
  readonly from: string
  readonly to: string
}

export interface Graph {
  readonly name: string
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
}

/** A directed graph in the language of Graphviz (https://graphviz.org/doc/info/lang.html). */
export function toDot({ name, nodes, edges }: Graph): string {
  return [
    `digraph ${quote(name)} {`,
    '  rankdir=LR',
    '  node [shape=box]',
    ...nodes.map(({ id, ...look }) => `  ${quote(id)}${attributes(look)}`),
    ...edges.map(({ from, to, ...look }) => `  ${quote(from)} -> ${quote(to)}${attributes(look)}`),
    '}',
  ].join('\n')
}

function attributes({ label, style, color }: Look): string {
  const given = [
    ...(label === undefined ? [] : [`label="${label.map(escapeLabel).join(String.raw`\n`)}"`]),
    ...(style === undefined ? [] : [`style=${style}`]),
    ...(color === undefined ? [] : [`color=${color}`]),
  ]
  return given.length === 0 ? '' : ` [${given.join(', ')}]`
}

function quote(id: string): string {
  return `"${escapeString(id)}"`
}

/** In labels Graphviz reads entities of HTML too. */
function escapeLabel(text: string): string {
  return escapeString(text.replaceAll('&', '&amp;'))
}

/** A backslash is doubled: labels have more escapes than `\"`, and one at the end would take the quote with it. */
function escapeString(text: string): string {
  return escapeLine(text)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
}
