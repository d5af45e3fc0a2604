// The shapes of seats in a unit square: one per price, so that colour is never the only difference.

const CATEGORY_SHAPES = [
  // circle
  "M.5 0A.5 .5 0 0 1 .5 1A.5 .5 0 0 1 .5 0Z",
  // rounded square
  "M.22 .04H.78Q.96 .04 .96 .22V.78Q.96 .96 .78 .96H.22Q.04 .96 .04 .78V.22Q.04 .04 .22 .04Z",
  // diamond
  "M.5 -.04L1.04 .5L.5 1.04L-.04 .5Z",
  // hexagon
  "M.25 .04H.75L1.02 .5L.75 .96H.25L-.02 .5Z",
  // upright triangle
  "M.5 -.02L1.03 .94H-.03Z",
] as const;

export const CHECK_MARK = "M.24 .52L.43 .72L.77 .31";
export const CROSS_MARK = "M.27 .27L.73 .73M.73 .27L.27 .73";

export function categoryShape(index: number): string {
  return CATEGORY_SHAPES[index % CATEGORY_SHAPES.length] ?? CATEGORY_SHAPES[0];
}
