export { EditedBase } from './edited-base.ts'
export { diffText, type Splice } from './text-diff.ts'
