/** Cities by number, and the round trips between them in milliseconds. */
export interface CityTable {
  readonly cities: readonly string[]
  /** `roundTrips[from][to]`; 0 within a city. */
  readonly roundTrips: readonly (readonly number[])[]
}

/**
 * Mean round trips measured between data centres from 18 October to 16 November 2025, as IBM Cloud publishes them ("VPC
 * network latency dashboards", cloud.ibm.com/docs/vpc, entry of 16 November 2025). Rows send, columns answer: the two
 * ways differ by a few milliseconds, as measured.
 */
export const cityTable: CityTable = {
  cities: [
    'Dallas',
    'Toronto',
    'Washington',
    'Frankfurt',
    'London',
    'Madrid',
    'Montreal',
    'Chennai',
    'Osaka',
    'Sydney',
    'Tokyo',
    'São Paulo',
  ],
  roundTrips: [
    [0, 34, 32, 122, 112, 117, 42, 246, 150, 185, 142, 142],
    [34, 0, 19, 93, 82, 106, 10, 222, 144, 216, 136, 127],
    [31, 20, 0, 86, 75, 87, 16, 234, 147, 215, 139, 116],
    [122, 93, 85, 0, 13, 29, 89, 141, 235, 249, 224, 194],
    [112, 82, 76, 13, 0, 27, 79, 144, 247, 260, 236, 185],
    [119, 106, 88, 29, 27, 0, 102, 150, 260, 274, 250, 204],
    [41, 11, 16, 89, 79, 102, 0, 218, 152, 223, 145, 125],
    [246, 217, 240, 142, 142, 154, 216, 0, 111, 125, 100, 357],
    [151, 142, 148, 235, 246, 260, 150, 111, 0, 125, 9, 289],
    [185, 213, 214, 252, 261, 275, 222, 125, 124, 0, 118, 323],
    [142, 136, 143, 224, 235, 250, 147, 100, 9, 117, 0, 282],
    [143, 129, 116, 195, 185, 204, 124, 352, 289, 325, 282, 0],
  ],
}
