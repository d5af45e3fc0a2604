// How many blocks to ask for at once: fewer where a provider refuses, more where little happens.
import { NodeFault, type NodeFaultKind } from "./node-fault.ts";

/** What every provider allows; where little happens it is two thousand after seven answers. */
const BLOCKS_FIRST = 25;
/** Each block's header is asked for as well, and all of a range is in memory at once. */
const BLOCKS_MAX = 2_000;
/** Some 3 MB as JSON, whose reading is a short turn; what came of several is written as one. */
const LOGS_WANTED = 2_500;

/** The provider's limit need not be known more exactly. */
const NEAR_ENOUGH = 1 / 8;
/** A limit on the size of an answer is another one where less happens. */
const FORGOTTEN_AFTER = 100;

export interface Pace {
  blocks(): number;
  /** A range of `blocks` came with `logs`. */
  came(blocks: number, logs: number): void;
  /** A range of `blocks` was refused. False when there is nothing smaller to ask for. */
  refused(blocks: number): boolean;
}

export function createPace(): Pace {
  let size = BLOCKS_FIRST;
  /** The most that was answered, and the least that was refused, of late. */
  let good = 0;
  let bad: number | undefined;
  let answered = 0;
  const ceiling = (): number => {
    if (bad === undefined) return BLOCKS_MAX;
    return bad - good <= bad * NEAR_ENOUGH ? good : Math.floor((good + bad) / 2);
  };
  return {
    blocks: () => size,
    came: (blocks, logs) => {
      good = Math.max(good, blocks);
      answered += 1;
      if (answered >= FORGOTTEN_AFTER) bad = undefined;
      const perBlock = logs / blocks;
      const wanted = perBlock === 0 ? size * 2 : Math.floor(LOGS_WANTED / perBlock);
      size = Math.max(1, Math.min(wanted, size * 2, ceiling()));
    },
    refused: (blocks) => {
      if (blocks <= 1) return false;
      answered = 0;
      bad = Math.min(blocks, bad ?? blocks);
      size = Math.floor(blocks / 2);
      if (good >= bad) good = size;
      return true;
    },
  };
}

/** Each provider says it in its own words, and some only by not answering in time. */
const REFUSED =
  /range|limit|too (many|large|big|long|high)|more than \d+|bigger|maximum|exceed|response size|timed? ?out|payload/i;
/** That we ask too often: smaller ranges would be more questions. */
const TOO_OFTEN =
  /\brate\b|per (second|minute|day)|\/ ?sec|compute units|capacity|too many requests|request (count|limit)|quota/i;
const LIMIT_EXCEEDED = -32_005;
const TOO_MANY_REQUESTS = 429;
const CONTENT_TOO_LARGE = 413;

const LOSES: ReadonlySet<NodeFaultKind> = new Set(["left-out", "disagrees"]);

/** Whether an error means that a smaller range may be answered. */
export function isRefusal(error: unknown): boolean {
  // One that loses a log in twenty answers some block whole, and hardly ever a thousand.
  if (error instanceof NodeFault && LOSES.has(error.kind)) return true;
  if (isTooOften(error)) return false;
  for (const at of causesOf(error)) {
    if (at.name === "TimeoutError" || at.name === "ResponseBodyTooLargeError") return true;
    const { code, status } = at;
    if (status === CONTENT_TOO_LARGE || code === LIMIT_EXCEEDED) return true;
    if (isSaid(at) && REFUSED.test(wordsOf(at))) return true;
  }
  return false;
}

/** Whether a provider wants fewer questions of us: then waiting helps, and nothing else. */
export function isTooOften(error: unknown): boolean {
  return [...causesOf(error)].some(
    (at) =>
      at.code === TOO_MANY_REQUESTS ||
      at.status === TOO_MANY_REQUESTS ||
      (isSaid(at) && TOO_OFTEN.test(wordsOf(at))),
  );
}

type Said = Error & Partial<Record<"code" | "status" | "details" | "data", unknown>>;

function* causesOf(error: unknown): Iterable<Said> {
  for (let at = error; at instanceof Error; at = at.cause) yield at;
}

/** In an answer, or beside a status that is of the whole request; not in a page of a proxy. */
function isSaid({ code, status, details }: Said): boolean {
  if (typeof code === "number") return true;
  return typeof status === "number" && typeof details === "string" && details.startsWith("{");
}

/** What the provider said; the message around it quotes the question and the address as well. */
function wordsOf({ details, data, message }: Said): string {
  const said = typeof details === "string" ? details : message;
  return data === undefined ? said : `${said} ${JSON.stringify(data)}`;
}
