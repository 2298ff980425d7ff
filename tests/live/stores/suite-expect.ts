// What `interface-datastore-tests` takes for `expect` of aegir/chai (see vitest.config.ts): chai's, with what aegir's plug-ins
// add and the suite uses.
import { chai } from 'vitest'

type Chain = Record<string, unknown>

export function expect(actual: unknown): unknown {
  return chained(chai.expect(actual) as unknown as Chain, actual)
}

/** chai's own, but that `eventually` waits, and that what is true or not by itself is called. */
function chained(assertion: Chain, actual: unknown): unknown {
  return new Proxy(assertion, {
    get(target, name) {
      if (name === 'eventually') return rejected(actual)
      if (name === 'true' || name === 'false' || name === 'exist') return () => void target[name]
      const value = Reflect.get(target, name) as unknown
      if (typeof value === 'function') {
        return (...given: unknown[]) => chained(Reflect.apply(value, target, given) as Chain, actual)
      }
      return chained(value as Chain, actual)
    },
  })
}

/** `expect(promise).to.eventually.be.rejected.with.property(name).that.include(text)`, the one thing that is waited for. */
function rejected(promise: unknown): unknown {
  const include = async (name: string, text: string): Promise<void> => {
    const error: unknown = await Promise.resolve(promise).then(
      () => {
        throw new chai.AssertionError('The promise was to be rejected')
      },
      (reason: unknown) => reason,
    )
    chai.expect(error).to.have.property(name).that.includes(text)
  }
  return {
    be: {
      rejected: {
        with: { property: (name: string) => ({ that: { include: (text: string) => include(name, text) } }) },
      },
    },
  }
}
