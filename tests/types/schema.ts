// Compiled, never run: each line marked as an error must be one.
import {
  counter,
  createDocument,
  defineDocument,
  growOnlyCounter,
  list,
  map,
  multiValueRegister,
  record,
  register,
  removeWinsSet,
  set,
  text,
  tree,
  type CounterContainer,
  type FaceOf,
  type JsonValue,
  type MapContainer,
  type TextContainer,
  type TreeNodeId,
} from '../../crdt/index.ts'

type Equal<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
declare function same<Left, Right>(...differ: Equal<Left, Right> extends true ? [] : ['the types differ']): void

const task = map({ title: text(), done: register<boolean>(), tags: set<string>(), steps: list(map({ name: text() })) })
const Notes = defineDocument({
  title: register<string>(),
  body: text(),
  todo: list(task),
  names: list<string>(),
  anything: list(),
  ages: record<number>(),
  people: record(map({ name: register<string>() })),
  outline: tree(map({ heading: register<string>(), text: text() })),
  plain: tree(),
  colour: multiValueRegister<'red' | 'green'>(),
  likes: counter(),
  views: growOnlyCounter(),
  banned: removeWinsSet<{ readonly id: number }>(),
})
const doc = createDocument()
const notes = Notes.open(doc)

// The comparison of types itself tells different ones apart.
// @ts-expect-error a string is no number
same<string, number>()

// Plain values have the types that were said.
same<ReturnType<typeof notes.title.get>, string | undefined>()
same<ReturnType<typeof notes.names.toArray>, string[]>()
same<ReturnType<typeof notes.anything.toArray>, JsonValue[]>()
same<ReturnType<typeof notes.ages.get>, number | undefined>()
same<ReturnType<typeof notes.colour.values>, ('red' | 'green')[]>()
same<typeof notes.likes, CounterContainer>()
notes.title.set('Notes')
notes.names.push('ada', 'grace')
notes.banned.add({ id: 1 })
for (const name of notes.names) name.toUpperCase()
// @ts-expect-error a title is a string
notes.title.set(1)
// @ts-expect-error names are strings
notes.names.push(true)
// @ts-expect-error there is no such colour
notes.colour.set('blue')
// @ts-expect-error ages are numbers
notes.ages.set('ada', 'old')
// @ts-expect-error a number is no such object
notes.banned.add(1)
// @ts-expect-error no document has this name
void notes.subtitle
// @ts-expect-error a document cannot be given another container
notes.body = createDocument().text('body')
// @ts-expect-error a date is no plain value
register<Date>()
// @ts-expect-error a field is described by a schema
defineDocument({ title: 'string' })

// Faces of containers are found where the schema says.
const item = notes.todo.push({ done: false, tags: ['a'], steps: [{ name: 'first' }, {}] })
same<typeof item, FaceOf<typeof task>>()
const found = notes.todo.get(0)
if (found !== undefined) {
  same<ReturnType<typeof found.get<'done'>>, boolean | undefined>()
  same<ReturnType<typeof found.get<'title'>>, TextContainer | undefined>()
  found.set('done', true)
  found.get('tags')?.add('b')
  found.create('tags', ['c']).add('d')
  found.get('steps')?.get(0)?.get('name')?.insert(0, 'x')
  // @ts-expect-error done is a boolean
  found.set('done', 'yes')
  // @ts-expect-error a container is not set, but created
  found.set('tags', [])
  // @ts-expect-error a register needs no creation
  found.create('done')
  // @ts-expect-error tags are strings
  found.create('tags', [1])
  // @ts-expect-error there is no such key
  found.get('priority')
}
// @ts-expect-error a task has no priority
notes.todo.push({ priority: 1 })
// @ts-expect-error a list of containers takes no plain values
notes.todo.insert(0, 'milk')
const ada = notes.people.create('ada', { name: 'Ada' })
same<ReturnType<typeof ada.get<'name'>>, string | undefined>()

// What nodes hold is typed; a tree without a schema for that has maps.
const node = notes.outline.create(undefined, 0, { heading: 'One', text: 'Once' })
same<typeof node, TreeNodeId>()
notes.outline.data(node)?.get('text')?.insert(0, 'x')
same<ReturnType<typeof notes.plain.data>, MapContainer | undefined>()
// @ts-expect-error a node is not just any text
notes.outline.data('0.alice')
// @ts-expect-error a heading is a string
notes.outline.create(undefined, 0, { heading: 1 })
// @ts-expect-error a node holds a map
tree(text())

// Where faces are containers they go wherever containers go.
doc.anchor(notes.body, 0, 'before')
doc.anchor(notes.names, 0, 'before')

export { notes }
