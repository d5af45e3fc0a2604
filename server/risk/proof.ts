// Proofs of work (ALTCHA): made for one session and event, counted once, refused after some minutes.
import { createHash } from "node:crypto";
import { createChallenge, type Challenge as SignedChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { Challenge, ProofPayload } from "../api/proof.ts";
import { Refusal } from "../domain/failure.ts";
import { PROOF_ALGORITHM, proofCost, TRIES } from "../domain/proof-of-work.ts";
import { type EventRef, formatEventId } from "../domain/ticket-id.ts";
import { type Clock, unixSeconds } from "../platform/clock.ts";
import { randomBetween, randomToken } from "../platform/random.ts";
import { onRedis, type RedisClient } from "../platform/redis.ts";
import type { ReadProofClass } from "./phase.ts";

export interface ProofDeps {
  redis: RedisClient;
  clock: Clock;
  readProofClass: ReadProofClass;
}

export interface ProofHolder {
  event: EventRef;
  sessionId: string;
}

/** Time to solve the hardest class on a slow phone, and to choose seats meanwhile. */
const CHALLENGE_SECONDS = 10 * 60;
/** The clocks of two processes may be five minutes wrong, each in its own direction. */
const SKEW_SECONDS = 10 * 60;
/** Made by the fastest clock and asked of the slowest one, a challenge counts no longer. */
const USED_KEPT_MS = (CHALLENGE_SECONDS + 2 * SKEW_SECONDS) * 1_000;
const MS_PER_SECOND = 1_000;
/** In Redis, so that all processes share it; a wiped Redis makes open challenges worthless. */
const SECRET_KEY = "proof:secret";

/** Undefined where the sale asks for none now. */
export async function makeChallenge(deps: ProofDeps, holder: ProofHolder) {
  const proofClass = await deps.readProofClass(holder.event);
  const cost = proofCost(proofClass);
  if (cost === undefined) return undefined;
  const expiresAt = unixSeconds(deps.clock) + CHALLENGE_SECONDS;
  const made = await createChallenge({
    ...(await secrets(deps.redis)),
    algorithm: PROOF_ALGORITHM,
    cost,
    counter: randomBetween(TRIES.min, TRIES.max),
    data: { for: nameHolder(holder) },
    deriveKey,
    expiresAt: expiresAt + SKEW_SECONDS,
  });
  // As it goes over the wire, without the members that are not set.
  const challenge = Challenge.parse(JSON.parse(JSON.stringify(made)));
  return { challenge, expiresAt: new Date(expiresAt * MS_PER_SECOND) };
}

/** Throws unless the sale asks for no proof, or `payload` is one that counts, and now has. */
export async function requireProof(
  deps: ProofDeps,
  { holder, payload }: { holder: ProofHolder; payload: string | undefined },
): Promise<void> {
  const cost = proofCost(await deps.readProofClass(holder.event));
  if (cost === undefined) return;
  if (payload === undefined) {
    throw new Refusal("hold/proof-required", "Solve a challenge first.", { cost });
  }
  const proof = read(payload);
  const { parameters } = proof.challenge;
  // These need neither Redis nor arithmetic, so they come first.
  if (parameters.data?.for !== nameHolder(holder)) throw refuse("other-holder");
  if (parameters.cost < cost) throw refuse("too-easy");
  if (parameters.algorithm !== PROOF_ALGORITHM) throw refuse("malformed");
  const verified = await verifySolution({
    ...(await secrets(deps.redis)),
    challenge: proof.challenge as SignedChallenge,
    solution: { counter: proof.solution.counter, derivedKey: proof.solution.derivedKey },
    deriveKey,
  });
  if (verified.expired) throw refuse("expired");
  if (verified.invalidSignature === true) throw refuse("not-ours");
  if (!verified.verified) throw refuse("wrong-solution");
  await consume(deps.redis, proof.challenge.signature);
}

/** Whoever comes first has it, whichever process he asks, and whatever time it is there. */
async function consume(redis: RedisClient, signature: string): Promise<void> {
  const key = `proof:used:${signature}`;
  const first = await onRedis(() => redis.set(key, "1", "PX", USED_KEPT_MS, "NX"));
  if (first === null) throw refuse("used");
}

/** One for the challenge and one for its solution, from the secret that all processes share. */
async function secrets(redis: RedisClient) {
  const known = await onRedis(() => redis.get(SECRET_KEY));
  const secret = known ?? (await makeSecret(redis));
  return { hmacSignatureSecret: `challenge ${secret}`, hmacKeySignatureSecret: `key ${secret}` };
}

async function makeSecret(redis: RedisClient): Promise<string> {
  const made = randomToken();
  const first = await onRedis(() => redis.set(SECRET_KEY, made, "NX"));
  return first === null ? ((await onRedis(() => redis.get(SECRET_KEY))) ?? made) : made;
}

function nameHolder({ event, sessionId }: ProofHolder): string {
  return createHash("sha256")
    .update(`${sessionId} ${formatEventId(event)}`)
    .digest("base64url");
}

function read(payload: string): ProofPayload {
  try {
    return ProofPayload.parse(JSON.parse(Buffer.from(payload, "base64").toString("utf8")));
  } catch {
    throw refuse("malformed");
  }
}

type Reason =
  | "malformed"
  | "other-holder"
  | "too-easy"
  | "expired"
  | "not-ours"
  | "wrong-solution"
  | "used";

const REASONS: Record<Reason, string> = {
  malformed: "The proof cannot be read.",
  "other-holder": "The challenge was made for another session or event.",
  "too-easy": "The sale asks for a harder proof by now.",
  expired: "The challenge has expired.",
  "not-ours": "The challenge was not made here.",
  "wrong-solution": "The solution does not solve the challenge.",
  used: "The proof was used before.",
};

function refuse(reason: Reason): Refusal {
  return new Refusal("hold/proof-invalid", REASONS[reason], { reason });
}
