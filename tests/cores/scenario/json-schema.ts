type Schema = Readonly<Record<string, unknown>>

const annotations = new Set(['$schema', 'title', 'description', 'default', '$defs'])

/**
 * Whether a value is valid: the keywords of JSON Schema (draft 2020-12) that the published schema uses, written from the
 * specification and not from our shapes. A keyword it does not know is an error, so that none goes unheeded.
 */
export function isValid(value: unknown, schema: Schema, root: Schema = schema): boolean {
  return Object.entries(schema).every(([keyword, given]) => {
    if (annotations.has(keyword)) return true
    const rule = keywords[keyword]
    if (rule === undefined) throw new Error(`The keyword ${keyword} is not known here`)
    return rule(value, given, schema, root)
  })
}

type Rule = (value: unknown, given: unknown, schema: Schema, root: Schema) => boolean

const keywords: Readonly<Record<string, Rule>> = {
  $ref: (value, given, _, root) => isValid(value, resolve(given as string, root), root),
  type: (value, given) => hasType(value, given as string),
  enum: (value, given) => (given as unknown[]).includes(value),
  const: (value, given) => value === given,
  pattern: (value, given) => typeof value !== 'string' || new RegExp(given as string, 'u').test(value),
  minimum: (value, given) => typeof value !== 'number' || value >= (given as number),
  maximum: (value, given) => typeof value !== 'number' || value <= (given as number),
  minItems: (value, given) => !Array.isArray(value) || value.length >= (given as number),
  maxItems: (value, given) => !Array.isArray(value) || value.length <= (given as number),
  items: (value, given, _, root) =>
    !Array.isArray(value) || value.every((item) => isValid(item, given as Schema, root)),
  properties: (value, given, _, root) =>
    Object.entries(given as Readonly<Record<string, Schema>>).every(
      ([key, schema]) => !isObject(value) || !Object.hasOwn(value, key) || isValid(value[key], schema, root),
    ),
  required: (value, given) => !isObject(value) || (given as string[]).every((key) => Object.hasOwn(value, key)),
  additionalProperties: (value, given, { properties = {} }, root) =>
    !isObject(value) ||
    Object.entries(value).every(
      ([key, item]) =>
        Object.hasOwn(properties as object, key) || (given !== false && isValid(item, given as Schema, root)),
    ),
  propertyNames: (value, given, _, root) =>
    !isObject(value) || Object.keys(value).every((key) => isValid(key, given as Schema, root)),
  maxProperties: (value, given) => !isObject(value) || Object.keys(value).length <= (given as number),
  not: (value, given, _, root) => !isValid(value, given as Schema, root),
  anyOf: (value, given, _, root) => (given as Schema[]).some((schema) => isValid(value, schema, root)),
  oneOf: (value, given, _, root) => (given as Schema[]).filter((schema) => isValid(value, schema, root)).length === 1,
}

function resolve(reference: string, root: Schema): Schema {
  const name = /^#\/\$defs\/(\w+)$/.exec(reference)?.[1]
  const found = (root['$defs'] as Readonly<Record<string, Schema>> | undefined)?.[name ?? '']
  if (found === undefined) throw new Error(`There is no ${reference}`)
  return found
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
