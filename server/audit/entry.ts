// A row of the audit log, and the hash that ties it to the row before it (I13).
import { createHash } from "node:crypto";
import { canonicalJson, type PlainObject } from "../domain/canonical-json.ts";

export interface AuditedAct {
  /** The wallet that did it, or the part of the installation that did: `environment`, `seed`. */
  actor: string;
  /** What was done, as `noun.past-tense`: `role.granted`. */
  act: string;
  /** To what: an event, an order, a ticket by its id, or `platform`. */
  subject: string;
  /** Everything else that a reader needs to judge it; no secrets, no names of people (I12). */
  details: PlainObject;
}

export interface AuditEntry extends AuditedAct {
  /** 1, 2, 3 … without a gap. */
  id: bigint;
  at: Date;
  /** The hash of the row before. */
  previous: string;
}

/** What the first row holds as the hash of the row before. */
export const GENESIS = "0".repeat(64);

export function hashEntry({ id, at, actor, act, subject, details, previous }: AuditEntry): string {
  const text = canonicalJson({
    ...{ actor, act, subject, details, previous },
    id: id.toString(),
    at: at.toISOString(),
  });
  return createHash("sha256").update(text).digest("hex");
}
