// Whether a signed EIP-4361 message proves that a wallet signs in here, now, in this browser.
import { SiweMessage } from "siwe";
import { type Hex, hashMessage, recoverMessageAddress } from "viem";
import { Fault, Refusal } from "../domain/failure.ts";
import type { Chains } from "../platform/chain.ts";
import type { Clock } from "../platform/clock.ts";
import { isSignedByContract } from "../platform/wallet-signature.ts";
import { NONCE_TTL_MS } from "./nonce.ts";

export interface SignInExpectation {
  nonce: string;
  /** By the clock that gave the nonce. */
  nowMs: number;
  domain: string;
  uri: string;
}

/**
 * A message signed by a clock that runs a little fast is still from this sign-in: the nonce proves
 * it.
 */
const CLOCK_SKEW_MS = 60_000;
/** How long somebody waits for the chain's word on a contract wallet before being told to retry. */
const WALLET_LIMIT_MS = 6_000;

export async function verifySignIn(
  { chains, clock }: { chains: Chains; clock: Clock },
  signed: { message: string; signature: Hex },
  expected: SignInExpectation,
): Promise<`0x${string}`> {
  const message = parse(signed.message);
  const chainIds = [...chains.values()].map(({ deployment }) => deployment.chainId);
  check(message.nonce === expected.nonce, "nonce");
  check(message.domain === expected.domain, "domain");
  check(message.uri === expected.uri, "URI");
  // Left out, as most do, a wallet takes it to be https.
  const { scheme } = message;
  check(scheme === undefined || `${scheme}:` === new URL(expected.uri).protocol, "scheme");
  check(chainIds.includes(message.chainId), "chain id");
  checkTimes(message, expected.nowMs);
  const address = message.address.toLowerCase() as `0x${string}`;
  // Most wallets are plain keys, and those can be checked while the chain is away.
  if (await isSignedByKey(signed, address)) return address;
  if (await isSignedByWallet({ chains, clock }, message.chainId, signed, address)) return address;
  throw new Refusal("auth/signature-invalid", "The signature is not the address's.");
}

function parse(text: string): SiweMessage {
  let message: SiweMessage;
  try {
    message = new SiweMessage(text);
  } catch {
    throw new Refusal("auth/signature-invalid", "The message does not follow EIP-4361.");
  }
  // What is shown to a person and what we read of it must be the same bytes.
  check(message.toMessage() === text, "form");
  return message;
}

function checkTimes(message: SiweMessage, nowMs: number): void {
  const issuedMs = Date.parse(message.issuedAt ?? "");
  check(issuedMs <= nowMs + CLOCK_SKEW_MS, "issued-at time");
  // No older than its nonce can be; a device's clock may be behind.
  check(issuedMs >= nowMs - NONCE_TTL_MS - CLOCK_SKEW_MS, "issued-at time");
  const expiresAt = message.expirationTime;
  check(expiresAt === undefined || Date.parse(expiresAt) > nowMs, "expiration time");
  const notBefore = message.notBefore;
  check(
    notBefore === undefined || Date.parse(notBefore) <= nowMs + CLOCK_SKEW_MS,
    "not-before time",
  );
}

function check(holds: boolean, part: string): void {
  if (!holds) throw new Refusal("auth/signature-invalid", `The message's ${part} does not hold.`);
}

async function isSignedByKey(
  { message, signature }: { message: string; signature: Hex },
  address: string,
): Promise<boolean> {
  try {
    return (await recoverMessageAddress({ message, signature })).toLowerCase() === address;
  } catch {
    // Not 65 bytes, or no point on the curve: it may still be a contract wallet's.
    return false;
  }
}

/** A wallet may be anywhere on its way to being deployed, and the chain anywhere from here. */
async function isSignedByWallet(
  { chains, clock }: { chains: Chains; clock: Clock },
  chainId: number,
  { message, signature }: { message: string; signature: Hex },
  address: `0x${string}`,
): Promise<boolean> {
  const chain = [...chains.values()].find(({ deployment }) => deployment.chainId === chainId);
  if (chain === undefined) return false;
  const decided = new AbortController();
  const tooLate = clock.sleep(WALLET_LIMIT_MS, decided.signal).then(() => {
    throw new Fault("chain/unreachable", "The chain does not answer in time.");
  });
  const answer = isSignedByContract(chain, { address, hash: hashMessage(message), signature });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    tooLate.catch(() => undefined);
    answer.catch(() => undefined);
    decided.abort();
  }
}
