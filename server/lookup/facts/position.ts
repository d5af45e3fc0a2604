// Where a reader of facts is: the same words in every process, and true only while the chain has that block.
import { Refusal } from "../../domain/failure.ts";

export interface Block {
  number: bigint;
  hash: string;
}

export interface Position extends Block {
  deployment: number;
  /** Of the last fact that was read; without it, all of the block was. */
  fact?: { log: number; part: number } | undefined;
}

/** Before the first block: a chain that began anew takes back even that one. */
const START = "start";
const POSITION = /^(\d{1,4})\.(\d{1,15})\.(0x[0-9a-f]{64})(?:\.(\d{1,9})\.(\d{1,9}))?$/;

export function formatPosition({ deployment, number, hash, fact }: Position): string {
  if (number < 0n) return START;
  const block = `${deployment}.${number}.${hash}`;
  return fact === undefined ? block : `${block}.${fact.log}.${fact.part}`;
}

export function parsePosition(text: string, deployment: number): Position {
  if (text === START) return { deployment, number: -1n, hash: "" };
  const [, of, number = "", hash = "", log, part] = POSITION.exec(text) ?? [];
  if (of === undefined || Number(of) !== deployment) {
    throw new Refusal("request/invalid", "The last event's id is none of these facts.", {
      errors: [{ pointer: "/header/last-event-id", detail: "is no position of this deployment" }],
    });
  }
  const fact = log === undefined ? undefined : { log: Number(log), part: Number(part) };
  return { deployment, number: BigInt(number), hash, fact };
}

export function isSamePlace(one: Position, other: Position): boolean {
  return (
    one.number === other.number &&
    one.hash === other.hash &&
    one.fact?.log === other.fact?.log &&
    one.fact?.part === other.fact?.part
  );
}
