/** Cities by number, and the round trips between them in milliseconds. */
export interface CityTable {
  readonly cities: readonly string[]
  /** `roundTrips[from][to]`; 0 within a city. */
  readonly roundTrips: readonly (readonly number[])[]
}

/**
 * Each city with its round trips to those before it, the same both ways.
 *
 * Source: CloudPing (cloudping.co), which times TCP connections between all regions of Amazon's cloud: the median over a
 * year, `api/latencies?percentile=p_50&timeframe=1Y`, rounded to milliseconds. The snapshot is the one kept as
 * `web-utilities/aws-ping-p50-1y.json` in github.com/oaustegard/oaustegard.github.io at 4a1414db; it bears no date and
 * has regions that opened in January 2025. Of the two ways between a pair, which differ by some milliseconds, it is the
 * one from the later city of the list.
 */
const triangle: readonly (readonly [string, readonly number[]])[] = [
  // us-east-1, us-east-2, us-west-1, us-west-2
  ['Ashburn', []],
  ['Columbus', [16]],
  ['San Francisco', [64, 52]],
  ['Portland', [64, 51, 22]],
  // ca-central-1, mx-central-1, sa-east-1
  ['Montreal', [16, 26, 80, 61]],
  ['Querétaro', [58, 51, 75, 93, 74]],
  ['São Paulo', [115, 125, 175, 175, 126, 169]],
  // eu-west-1, eu-west-2, eu-west-3
  ['Dublin', [70, 80, 130, 118, 69, 124, 178]],
  ['London', [77, 88, 148, 129, 79, 132, 187, 13]],
  ['Paris', [84, 95, 144, 136, 86, 139, 196, 20, 12]],
  // eu-central-1, eu-central-2, eu-south-1, eu-north-1
  ['Frankfurt', [93, 103, 153, 142, 93, 147, 204, 27, 18, 12]],
  ['Zurich', [92, 102, 152, 143, 94, 147, 203, 28, 20, 12, 9]],
  ['Milan', [102, 112, 162, 152, 102, 156, 213, 36, 27, 21, 13, 7]],
  ['Stockholm', [112, 123, 172, 155, 105, 166, 223, 40, 31, 31, 23, 28, 31]],
  // il-central-1, me-central-1, af-south-1
  ['Tel Aviv', [141, 146, 204, 186, 145, 198, 255, 78, 70, 54, 72, 50, 51, 92]],
  ['Dubai', [194, 205, 257, 257, 197, 252, 307, 131, 123, 115, 116, 111, 107, 137, 144]],
  ['Cape Town', [226, 236, 286, 273, 223, 280, 337, 158, 149, 145, 154, 152, 186, 175, 226, 287]],
  // ap-south-1, ap-southeast-1, ap-southeast-3
  ['Mumbai', [190, 200, 231, 221, 191, 243, 301, 125, 117, 109, 129, 115, 109, 148, 135, 29, 273]],
  ['Singapore', [219, 203, 171, 161, 215, 241, 327, 183, 173, 167, 161, 155, 152, 181, 202, 90, 319, 64]],
  ['Jakarta', [235, 221, 189, 175, 235, 260, 347, 200, 192, 186, 179, 173, 169, 199, 221, 107, 352, 82, 19]],
  // ap-east-1, ap-northeast-2, ap-northeast-1, ap-southeast-2
  ['Hong Kong', [198, 185, 156, 146, 198, 213, 310, 234, 207, 202, 194, 188, 185, 214, 236, 126, 359, 99, 38, 52]],
  ['Seoul', [179, 165, 134, 123, 175, 195, 288, 232, 243, 249, 232, 224, 222, 251, 272, 166, 387, 135, 74, 88, 39]],
  ['Tokyo', [149, 135, 109, 98, 145, 166, 257, 201, 212, 218, 228, 222, 218, 247, 270, 169, 358, 134, 70, 85, 52, 36]],
  [
    'Sydney',
    [200, 188, 139, 141, 198, 211, 312, 256, 266, 280, 252, 246, 243, 272, 294, 180, 409, 154, 95, 109, 128, 146, 106],
  ],
]

/** 24 cities around the world, after the regions of a cloud that stand in or near them. */
export const cityTable: CityTable = {
  cities: triangle.map(([city]) => city),
  roundTrips: triangle.map(([, row], from) =>
    triangle.map(([, other], to) => (to < from ? (row[to] ?? 0) : (other[from] ?? 0))),
  ),
}
