// How new an answer must at least be, as its caller says: what it has seen, it never sees undone.
import { Refusal } from "../domain/failure.ts";
import type { Stamp } from "./freshness.ts";

/** Blocks by deployment. */
export type AtLeast = ReadonlyMap<number, number>;

/** As many deployments as an installation has, with room to spare. */
const LENGTH_MAX = 2_000;
/** As Mirror-Freshness has it: what else is in an entry says nothing here. */
const ENTRY = /^(\d{1,4});block=(\d{1,15})(?:;[\w-]+=[\d.]+)*$/;

/** The Mirror-Freshness of an earlier answer is one as it is. */
export function parseAtLeast(text: string): AtLeast {
  const entries = text.length > LENGTH_MAX ? [] : text.split(",").map((entry) => entry.trim());
  const matches = entries.flatMap((entry) => ENTRY.exec(entry) ?? []);
  if (entries.length === 0 || matches.length !== entries.length * 3) {
    throw new Refusal("request/invalid", "The header Mirror-At-Least does not say any blocks.", {
      errors: [{ pointer: "/header/mirror-at-least", detail: "is not like 1;block=4711" }],
    });
  }
  const blocks = new Map<number, number>();
  for (let at = 0; at < matches.length; at += 3) {
    blocks.set(Number(matches[at + 1]), Number(matches[at + 2]));
  }
  return blocks;
}

export function reaches({ cursors }: Stamp, atLeast: AtLeast): boolean {
  for (const [deployment, block] of atLeast) {
    const cursor = cursors.find((each) => each.deployment === deployment);
    if (cursor === undefined || cursor.blockNumber < block) return false;
  }
  return true;
}
