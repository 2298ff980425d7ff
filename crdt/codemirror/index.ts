export { peerloomText, type BoundDocument, type PeerloomTextOptions } from './binding.ts'
export { setPresences, type Presence, type TextSelection } from './presence.ts'
export { TextMirror, type Hunk, type Step } from './text-mirror.ts'
