// Runs compiled code on arguments that are not known, along every path that they can take.
import type { OperationName, Word, Words } from "./symbolic-words.ts";

/**
 * How a call ended: it passed; it found its arguments malformed and said nothing; or it failed, in
 * an assertion, its arithmetic or by an error with a name.
 */
export type End = { kind: "passed" | "malformed" | "failed"; path: readonly Choice[] };
/** A condition that was met on the way, or was not. */
export type Choice = { condition: string; isMet: boolean };

export type Call = {
  code: Uint8Array;
  selector: bigint;
  args: readonly Word[];
  words: Words;
  /** Whether a path can be taken by any arguments. */
  isPossible(path: readonly Choice[]): Promise<boolean>;
};

type State = {
  at: number;
  stack: Word[];
  /** Words by the byte that they start at. */
  memory: Map<number, Word>;
  path: readonly Choice[];
};

const STEPS_MAX = 200_000;
const PATHS_MAX = 2_000;
const WORD_BYTES = 32;
const SELECTOR_BYTES = 4;
const SELECTOR_SHIFT = 224n;
/** The first word of the calldata, of which only the selector is ever used. */
const HEAD = "head";
/** What was in memory where a later word reaches in. */
const LOST = "lost";

const CODES: Readonly<Record<number, OperationName>> = {
  1: "ADD",
  2: "MUL",
  3: "SUB",
  4: "DIV",
  6: "MOD",
  16: "LT",
  17: "GT",
  18: "SLT",
  20: "EQ",
  22: "AND",
  23: "OR",
  24: "XOR",
  27: "SHL",
  28: "SHR",
};

/** Every end that some arguments lead to; throws at what it does not understand. */
export async function endsOf(call: Call): Promise<End[]> {
  const ends: End[] = [];
  const open: State[] = [{ at: 0, stack: [], memory: new Map(), path: [] }];
  for (let steps = 0; ; steps += 1) {
    const state = open.pop();
    if (state === undefined) return ends;
    if (steps > STEPS_MAX || ends.length > PATHS_MAX) throw new Error("There are too many paths.");
    const next = await step(call, state);
    if (Array.isArray(next)) open.push(...next);
    else ends.push(next);
  }
}

async function step(call: Call, state: State): Promise<State[] | End> {
  const { code, words } = call;
  const { stack, memory, path } = state;
  const opcode = code[state.at] ?? 0;
  state.at += 1;
  const operation = CODES[opcode];
  if (operation !== undefined) {
    const [a, b] = [pop(stack), pop(stack)];
    stack.push(
      a === HEAD || b === HEAD ? ofHead(call, operation, a) : words.apply(operation, a, b),
    );
    return [state];
  }
  if (opcode >= 0x5f && opcode <= 0x7f) return [pushed(code, state, opcode - 0x5f)];
  if (opcode >= 0x80 && opcode <= 0x8f) {
    stack.push(stack.at(-(opcode - 0x7f)) ?? unknownCode(state, opcode));
    return [state];
  }
  if (opcode >= 0x90 && opcode <= 0x9f) return [swapped(state, opcode - 0x8f)];
  switch (opcode) {
    case 0x00: // STOP
    case 0xf3: // RETURN
      return { kind: "passed", path };
    case 0xfd: // REVERT
      pop(stack);
      return { kind: number(pop(stack)) === 0 ? "malformed" : "failed", path };
    case 0x15: // ISZERO
      stack.push(words.apply("EQ", pop(stack), 0n));
      return [state];
    case 0x19: // NOT
      stack.push(words.apply("XOR", pop(stack), -1n));
      return [state];
    case 0x34: // CALLVALUE
      stack.push(0n);
      return [state];
    case 0x35: // CALLDATALOAD
      stack.push(calldata(call, pop(stack)));
      return [state];
    case 0x36: // CALLDATASIZE
      stack.push(BigInt(SELECTOR_BYTES + WORD_BYTES * call.args.length));
      return [state];
    case 0x37: // CALLDATACOPY
      copy(call, memory, [pop(stack), pop(stack), pop(stack)]);
      return [state];
    case 0x42: // TIMESTAMP
      stack.push(words.unknown("now"));
      return [state];
    case 0x50: // POP
      pop(stack);
      return [state];
    case 0x51: // MLOAD
      stack.push(load(memory, number(pop(stack))));
      return [state];
    case 0x52: // MSTORE
      store(memory, number(pop(stack)), pop(stack));
      return [state];
    case 0x56: // JUMP
      return [jumped(code, state, pop(stack))];
    case 0x57: // JUMPI
      return await branches(call, state);
    case 0x5b: // JUMPDEST
      return [state];
    default:
      return unknownCode(state, opcode);
  }
}

/** Both ways, of those that are possible. */
async function branches(call: Call, state: State): Promise<State[]> {
  const [target, condition] = [pop(state.stack), pop(state.stack)];
  if (typeof condition === "bigint") {
    return [condition === 0n ? state : jumped(call.code, state, target)];
  }
  const name = call.words.isTrue(condition);
  const ways: State[] = [];
  for (const isMet of [true, false]) {
    const path = [...state.path, { condition: name, isMet }];
    if (!(await call.isPossible(path))) continue;
    const copy = { ...state, stack: [...state.stack], memory: new Map(state.memory), path };
    ways.push(isMet ? jumped(call.code, copy, target) : copy);
  }
  return ways;
}

function jumped(code: Uint8Array, state: State, target: Word): State {
  state.at = number(target);
  if (code[state.at] !== 0x5b) throw new Error(`There is no place to jump to at ${state.at}.`);
  return state;
}

function pushed(code: Uint8Array, state: State, bytes: number): State {
  const text = Buffer.from(code.subarray(state.at, state.at + bytes)).toString("hex");
  state.stack.push(BigInt(`0x${text || "0"}`));
  state.at += bytes;
  return state;
}

function swapped(state: State, depth: number): State {
  const { stack } = state;
  const [top, other] = [stack.length - 1, stack.length - 1 - depth];
  const [a, b] = [stack[top], stack[other]];
  if (a === undefined || b === undefined) return unknownCode(state, 0x8f + depth);
  [stack[top], stack[other]] = [b, a];
  return state;
}

/** A word of the calldata, which may begin within one argument and end within the next. */
function calldata({ args, words }: Call, offset: Word): Word {
  if (typeof offset === "string") {
    // one of the arguments, by their offsets; in between nothing of the lemmas begins
    return args.reduceRight<Word>(
      (other, arg, index) => words.chosen(offset, BigInt(offsetOf(index)), arg, other),
      words.unknown(`beside${offset}`),
    );
  }
  if (offset === 0n) return HEAD;
  const from = number(offset) - SELECTOR_BYTES;
  const [index, skipped] = [Math.floor(from / WORD_BYTES), BigInt((from % WORD_BYTES) * 8)];
  const [first = 0n, second = 0n] = [args[index], args[index + 1]];
  if (skipped === 0n) return first;
  const [left, right] = [skipped, 256n - skipped];
  return words.apply("OR", words.apply("SHL", left, first), words.apply("SHR", right, second));
}

/** Whole words alone: no argument of a lemma has another length. */
function copy(call: Call, memory: Map<number, Word>, [to, from, length]: [Word, Word, Word]): void {
  const bytes = number(length);
  if (bytes % WORD_BYTES !== 0) throw new Error(`The code copies ${bytes} bytes.`);
  for (let done = 0; done < bytes; done += WORD_BYTES) {
    store(memory, number(to) + done, calldata(call, BigInt(number(from) + done)));
  }
}

function offsetOf(index: number): number {
  return SELECTOR_BYTES + WORD_BYTES * index;
}

/** Nothing but the selector may be taken out of the first word. */
function ofHead({ selector }: Call, operation: OperationName, shift: Word): Word {
  if (operation === "SHR" && shift === SELECTOR_SHIFT) return selector;
  throw new Error("The code reads more of the first word than the selector.");
}

function load(memory: Map<number, Word>, offset: number): Word {
  const word = memory.get(offset);
  if (word !== undefined && word !== LOST) return word;
  for (const other of memory.keys()) {
    if (Math.abs(other - offset) < WORD_BYTES) throw new Error(`Byte ${offset} is in two words.`);
  }
  return 0n;
}

function store(memory: Map<number, Word>, offset: number, word: Word): void {
  for (const other of memory.keys()) {
    if (Math.abs(other - offset) < WORD_BYTES) memory.set(other, LOST);
  }
  memory.set(offset, word);
}

function number(word: Word): number {
  if (typeof word === "string") throw new Error("The code depends on a place that is not known.");
  return Number(word);
}

function pop(stack: Word[]): Word {
  const word = stack.pop();
  if (word === undefined) throw new Error("The stack is empty.");
  return word;
}

function unknownCode({ at }: State, opcode: number): never {
  throw new Error(`Nothing is known of code 0x${opcode.toString(16)}, at ${at - 1}.`);
}
