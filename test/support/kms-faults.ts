// What goes wrong at a fake key service, and what a call to it is, in whichever protocol.
import type { IncomingMessage } from "node:http";
import type { KmsVault, VaultKey } from "./kms-vault.ts";

export type KmsFaultKind =
  /** Too many calls, a fault of theirs, no right to call, no answer in time, and a dead line. */
  | "throttled"
  | "broken"
  | "denied"
  | "slow"
  | "cut"
  /** Our clock is wrong by an hour, by theirs. */
  | "skewed"
  /** Answers that are not what was asked for. */
  | "other-key"
  | "truncated"
  | "damaged"
  | "unverified"
  | "misnamed";

/** What goes wrong with the next calls of a kind. */
export interface KmsFault {
  kind: KmsFaultKind;
  on: "public-key" | "sign";
  times: number;
}

export interface KmsCall {
  vault: KmsVault;
  url: string;
  method: string;
  headers: IncomingMessage["headers"];
  body: string;
  fault: KmsFaultKind | undefined;
  /** The signature with the fault in it, where that is what the fault does. */
  sign(key: VaultKey, digest: Buffer): Promise<Buffer>;
}

export interface KmsAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}
