import type { Random } from '../protocol/index.ts'

// The standard leaves Math.log, exp, pow, sin and cos to the engine, which may round them as it likes: one digit of
// difference, and two machines run different simulations. These use +, −, ×, ÷ and the square root alone, which IEEE 754
// fixes to the last bit. Accurate to about 1e-15, which no simulation needs; equal everywhere, which every one does.

const naturalLogarithmOf2 = 0.6931471805599453

/** @param value above 0, finite @returns its natural logarithm */
function logarithm(value: number): number {
  let mantissa = value
  let exponent = 0
  while (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent++
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2
    exponent--
  }
  // ln m = 2·artanh((m − 1)/(m + 1)); the ratio is below 0.172, so that eleven terms are exact enough.
  const ratio = (mantissa - 1) / (mantissa + 1)
  const square = ratio * ratio
  let sum = 0
  for (let degree = 21; degree >= 1; degree -= 2) sum = sum * square + 1 / degree
  return exponent * naturalLogarithmOf2 + 2 * ratio * sum
}

/** @returns e to that power, 0 or Infinity beyond what a number holds */
export function exponential(power: number): number {
  if (power > 709) return Infinity
  if (power < -745) return 0
  const halvings = Math.round(power / naturalLogarithmOf2)
  const rest = power - halvings * naturalLogarithmOf2
  let sum = 1
  for (let degree = 18; degree >= 1; degree--) sum = 1 + (sum * rest) / degree
  for (let count = 0; count < halvings; count++) sum *= 2
  for (let count = 0; count > halvings; count--) sum /= 2
  return sum
}

/** A normal deviate of mean 0 and variance 1, by Marsaglia's polar method. */
export function normal(random: Random): number {
  for (;;) {
    const x = 2 * random.next() - 1
    const y = 2 * random.next() - 1
    const square = x * x + y * y
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * logarithm(square)) / square)
  }
}

/** Time to the next of events that come independently of each other, `mean` apart on average. */
export function exponentialDeviate(random: Random, mean: number): number {
  return -mean * logarithm(1 - random.next())
}

/**
 * Weibull: `scale · (−ln u)^(1/shape)`. Shape 1 is the exponential distribution; below 1 many short lives and a few very
 * long ones, as sessions of real peers are (Stutzbach, Rejaie: "Understanding Churn in Peer-to-Peer Networks", IMC 2006,
 * found shapes of 0.34 to 0.59).
 */
export function weibullDeviate(random: Random, scale: number, shape: number): number {
  const deviate = exponentialDeviate(random, 1)
  if (shape === 1) return scale * deviate
  return deviate === 0 ? 0 : scale * exponential(logarithm(deviate) / shape)
}
