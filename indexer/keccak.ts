// Keccak-256 of one short item, written out as straight code: of a block's topics millions are hashed.

const LANES = 25;
const ROUNDS = 24;
/** What is hashed in one go; an address has 20 bytes and a topic 32. */
const ITEM_BYTES_MAX = 135;
const RATE_WORDS = 34;
const PADDING_FIRST = 0x01;
const PADDING_LAST = 0x80_00_00_00;

/** By how much each lane is turned, and where it goes then, as the standard's walk gives them. */
const { turns, places, constants } = tables();

type Permute = (state: Int32Array) => void;

/**
 * Half of each 64-bit lane in a variable of its own, and no index left to compute: an interpreter
 * of the tables takes three times as long.
 */
const permute = new Function("constants", writeOut())(Int32Array.from(constants)) as Permute;

const state = new Int32Array(LANES * 2);
const bytes = new Uint8Array(state.buffer);

/** The first bytes of the hash; they are overwritten by the next call. */
export function keccak(hex: string): Uint8Array {
  const length = (hex.length - 2) / 2;
  if (length > ITEM_BYTES_MAX) throw new RangeError("too long for one block of Keccak");
  state.fill(0);
  for (let at = 0; at < length; at += 1) {
    bytes[at] = (digit(hex, 2 * at + 2) << 4) | digit(hex, 2 * at + 3);
  }
  bytes[length] = (bytes[length] ?? 0) ^ PADDING_FIRST;
  state[RATE_WORDS - 1] = (state[RATE_WORDS - 1] ?? 0) ^ PADDING_LAST;
  permute(state);
  return bytes;
}

/** Of a hexadecimal digit in either case. */
function digit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return (code & 0xf) + (code >> 6) * 9;
}

function tables() {
  const turns = new Array<number>(LANES).fill(0);
  const places = new Array<number>(LANES).fill(0);
  const constants: number[] = [];
  let [x, y, turn] = [1, 0, 0];
  for (let step = 1; step < LANES; step += 1) {
    turn = (turn + step) % 64;
    turns[x + 5 * y] = turn;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  for (let at = 0; at < LANES; at += 1) {
    const [from, row] = [at % 5, Math.floor(at / 5)];
    places[at] = row + 5 * ((2 * from + 3 * row) % 5);
  }
  let register = 1;
  for (let round = 0; round < ROUNDS; round += 1) {
    const halves = [0, 0];
    for (let bit = 0; bit < 7; bit += 1) {
      const place = 2 ** bit - 1;
      const half = place >> 5;
      if (register & 1) halves[half] = (halves[half] ?? 0) ^ (1 << (place & 31));
      register = register & 0x80 ? (register << 1) ^ 0x171 : register << 1;
    }
    constants.push(...halves);
  }
  return { turns, places, constants };
}

/** The round in JavaScript: l and h are the low and high halves of the lanes. */
function writeOut(): string {
  const all = Array.from({ length: LANES }, (_, at) => at);
  const five = all.slice(0, 5);
  const both = (write: (half: string, other: string) => string) =>
    write("l", "h") + write("h", "l");
  const turned = (a: string, b: string, by: number) =>
    by === 0 ? a : by === 32 ? b : by < 32 ? mix(a, b, by) : mix(b, a, by - 32);
  const mix = (a: string, b: string, by: number) => `(${a} << ${by}) | (${b} >>> ${32 - by})`;
  const column = (half: string, x: number) =>
    [0, 5, 10, 15, 20].map((row) => `${half}${x + row}`).join(" ^ ");
  const round = [
    ...five.map((x) => both((half) => `const c${half}${x} = ${column(half, x)};`)),
    ...five.map((x) =>
      both((half, other) => {
        const next = (x + 1) % 5;
        return `const d${half}${x} = c${half}${(x + 4) % 5} ^ (${turned(`c${half}${next}`, `c${other}${next}`, 1)});`;
      }),
    ),
    ...all.map((at) => both((half) => `${half}${at} ^= d${half}${at % 5};`)),
    ...all.map((at) =>
      both(
        (half, other) =>
          `const b${half}${places[at]} = ${turned(`${half}${at}`, `${other}${at}`, turns[at] ?? 0)};`,
      ),
    ),
    ...all.map((at) => {
      const row = 5 * Math.floor(at / 5);
      const [one, two] = [row + ((at + 1) % 5), row + ((at + 2) % 5)];
      return both((half) => `${half}${at} = b${half}${at} ^ (~b${half}${one} & b${half}${two});`);
    }),
    "l0 ^= constants[2 * round]; h0 ^= constants[2 * round + 1];",
  ];
  const read = all.map((at) => `let l${at} = s[${2 * at}], h${at} = s[${2 * at + 1}];`);
  const write = all.map((at) => `s[${2 * at}] = l${at}; s[${2 * at + 1}] = h${at};`);
  const loop = `for (let round = 0; round < ${ROUNDS}; round += 1) {\n${round.join("\n")}\n}`;
  return `return (s) => {\n${read.join("\n")}\n${loop}\n${write.join("\n")}\n};`;
}
