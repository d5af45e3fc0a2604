// Wire schemas of proofs of work, in the form that ALTCHA's clients and libraries speak.
import { z } from "zod";
import { Time } from "./fields.ts";

const TEXT_LENGTH_MAX = 200;
const text = z.string().max(TEXT_LENGTH_MAX);

/** Signed as it is: whatever is in it must come back unchanged. */
export const Challenge = z.strictObject({
  parameters: z.strictObject({
    algorithm: text,
    nonce: text,
    salt: text,
    cost: z.int().min(1),
    keyLength: z.int().min(1),
    keyPrefix: text,
    keySignature: text.optional(),
    expiresAt: z.int().optional().describe("Seconds since 1970."),
    data: z.record(text, text).optional(),
  }),
  signature: text,
});

export const ChallengeResponse = z.strictObject({
  required: z.boolean().describe("False while the sale asks for no proof."),
  challenge: Challenge.nullable(),
  expiresAt: Time.nullable(),
});

/** What the header `Proof-Of-Work` carries as Base64 of JSON. */
export const ProofPayload = z.strictObject({
  challenge: Challenge,
  solution: z.strictObject({
    counter: z.int().min(0),
    derivedKey: text,
    time: z.number().optional(),
  }),
});
export type ProofPayload = z.output<typeof ProofPayload>;

export const PROOF_HEADER = "Proof-Of-Work";
