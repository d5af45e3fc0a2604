// Computes with 256-bit words of which some are unknown, as terms that a solver understands.

/** A number, or the name of a term that depends on something unknown. */
export type Word = bigint | string;

const BITS = 256n;
const MODULUS = 1n << BITS;
const HEX_DIGITS = 64;

type Operation = {
  /** What the chain computes; operands in the order in which they leave its stack. */
  fold(a: bigint, b: bigint): bigint;
  term(a: string, b: string): string;
};

const truth = (condition: boolean) => (condition ? 1n : 0n);
const truthTerm = (condition: string) => `(ite ${condition} ${literal(1n)} ${literal(0n)})`;
const signed = (word: bigint) => BigInt.asIntN(Number(BITS), word);

/** Those that the lemmas need. The solver divides by zero otherwise than the chain. */
export const OPERATIONS = {
  ADD: { fold: (a, b) => a + b, term: (a, b) => `(bvadd ${a} ${b})` },
  MUL: { fold: (a, b) => a * b, term: (a, b) => `(bvmul ${a} ${b})` },
  SUB: { fold: (a, b) => a - b, term: (a, b) => `(bvsub ${a} ${b})` },
  DIV: {
    fold: (a, b) => (b === 0n ? 0n : a / b),
    term: (a, b) => `(ite (= ${b} ${literal(0n)}) ${literal(0n)} (bvudiv ${a} ${b}))`,
  },
  MOD: {
    fold: (a, b) => (b === 0n ? 0n : a % b),
    term: (a, b) => `(ite (= ${b} ${literal(0n)}) ${literal(0n)} (bvurem ${a} ${b}))`,
  },
  LT: { fold: (a, b) => truth(a < b), term: (a, b) => truthTerm(`(bvult ${a} ${b})`) },
  GT: { fold: (a, b) => truth(a > b), term: (a, b) => truthTerm(`(bvugt ${a} ${b})`) },
  SLT: {
    fold: (a, b) => truth(signed(a) < signed(b)),
    term: (a, b) => truthTerm(`(bvslt ${a} ${b})`),
  },
  EQ: { fold: (a, b) => truth(a === b), term: (a, b) => truthTerm(`(= ${a} ${b})`) },
  AND: { fold: (a, b) => a & b, term: (a, b) => `(bvand ${a} ${b})` },
  OR: { fold: (a, b) => a | b, term: (a, b) => `(bvor ${a} ${b})` },
  XOR: { fold: (a, b) => a ^ b, term: (a, b) => `(bvxor ${a} ${b})` },
  SHL: { fold: (a, b) => (a < BITS ? b << a : 0n), term: (a, b) => `(bvshl ${b} ${a})` },
  SHR: { fold: (a, b) => (a < BITS ? b >> a : 0n), term: (a, b) => `(bvlshr ${b} ${a})` },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

export class Words {
  readonly #tell: (line: string) => void;
  readonly #names = new Map<string, string>();

  /** Each new term is told once, in the solver's language. */
  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  unknown(name: string): Word {
    if (this.#names.has(name)) return name;
    this.#names.set(name, name);
    this.#tell(`(declare-const ${name} (_ BitVec ${BITS}))`);
    return name;
  }

  apply(operation: OperationName, a: Word, b: Word): Word {
    const { fold, term } = OPERATIONS[operation];
    if (typeof a === "bigint" && typeof b === "bigint") {
      return BigInt.asUintN(Number(BITS), fold(a, b));
    }
    return this.#define("t", `(_ BitVec ${BITS})`, term(textOf(a), textOf(b)));
  }

  /** One of two words, by whether the first two are the same. */
  chosen(a: Word, b: Word, same: Word, other: Word): Word {
    const [left, right] = [textOf(a), textOf(b)];
    const term = `(ite (= ${left} ${right}) ${textOf(same)} ${textOf(other)})`;
    return this.#define("t", `(_ BitVec ${BITS})`, term);
  }

  /** The name of the condition that a word is not zero, which the solver can be asked about. */
  isTrue(word: string): string {
    return this.#define("p", "Bool", `(distinct ${word} ${literal(0n)})`);
  }

  #define(prefix: string, sort: string, term: string): string {
    const known = this.#names.get(term);
    if (known !== undefined) return known;
    const name = `${prefix}${this.#names.size}`;
    this.#names.set(term, name);
    this.#tell(`(declare-const ${name} ${sort})(assert (= ${name} ${term}))`);
    return name;
  }
}

export function textOf(word: Word): string {
  return typeof word === "string" ? word : literal(word);
}

function literal(value: bigint): string {
  return `#x${BigInt.asUintN(Number(BITS), value % MODULUS)
    .toString(16)
    .padStart(HEX_DIGITS, "0")}`;
}
