/** The visible units of a text or list, and nothing else. `Units` is what is inserted and cut out at once. */
export interface SequenceContent<Units> {
  readonly length: number
  insert(index: number, units: Units): void
  delete(index: number, count: number): void
  slice(start: number, end: number): Units
}
