// Whether a signed EIP-4361 message proves that a wallet signs in here, now, in this browser.
import { SiweMessage } from "siwe";
import { type Hex, hashMessage, recoverMessageAddress } from "viem";
import { Refusal } from "../domain/failure.ts";
import { type Chains, onChain } from "../platform/chain.ts";
import type { Clock } from "../platform/clock.ts";

export interface SignInExpectation {
  nonce: string;
  domain: string;
  uri: string;
}

/**
 * A message signed by a clock that runs a little fast is still from this sign-in: the nonce proves
 * it.
 */
const CLOCK_SKEW_MS = 60_000;

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
  check(chainIds.includes(message.chainId), "chain id");
  checkTimes(message, clock.now().getTime());
  const address = message.address.toLowerCase() as `0x${string}`;
  // Most wallets are plain keys, and those can be checked while the chain is away.
  if (await isSignedByKey(signed, address)) return address;
  if (await isSignedByContract(chains, message.chainId, signed, address)) return address;
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
  check(Date.parse(message.issuedAt ?? "") <= nowMs + CLOCK_SKEW_MS, "issued-at time");
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

/** ERC-1271 and, for wallets that are not deployed yet, ERC-6492. */
async function isSignedByContract(
  chains: Chains,
  chainId: number,
  { message, signature }: { message: string; signature: Hex },
  address: `0x${string}`,
): Promise<boolean> {
  const chain = [...chains.values()].find(({ deployment }) => deployment.chainId === chainId);
  if (chain === undefined) return false;
  const hash = hashMessage(message);
  return onChain(() => chain.client.verifyHash({ address, hash, signature }));
}
