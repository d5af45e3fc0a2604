// What an anchor of the audit log says on chain: a mark, its number, how many rows, and the last one's hash.
import { type Hex, hexToBigInt, numberToHex, size, slice, stringToHex } from "viem";

export interface Anchor {
  /** 1, 2, 3 … without a gap: one that is missing shows. */
  number: number;
  /** Of the log, up to the row with this hash. */
  rows: bigint;
  /** 64 hex digits, as the log has it. */
  head: string;
}

const MARK = stringToHex("stagedoor:audit:1");
const NUMBER_AT = size(MARK);
const ROWS_AT = NUMBER_AT + 4;
const HEAD_AT = ROWS_AT + 8;
const BYTES = HEAD_AT + 32;

export function encodeAnchor({ number, rows, head }: Anchor): Hex {
  const parts = [MARK, numberToHex(number, { size: 4 }), numberToHex(rows, { size: 8 })];
  return `0x${parts.map((part) => part.slice(2)).join("")}${head}`;
}

/** Undefined for what is no anchor. */
export function decodeAnchor(data: Hex): Anchor | undefined {
  if (size(data) !== BYTES || slice(data, 0, NUMBER_AT) !== MARK) return undefined;
  return {
    number: Number(hexToBigInt(slice(data, NUMBER_AT, ROWS_AT))),
    rows: hexToBigInt(slice(data, ROWS_AT, HEAD_AT)),
    head: slice(data, HEAD_AT).slice(2),
  };
}
