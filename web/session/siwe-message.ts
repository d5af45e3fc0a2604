// The text that a fan signs to sign in (EIP-4361); loaded when somebody signs in.
import { createSiweMessage } from "viem/siwe";
import { getAddress } from "viem/utils";
import type { ResponseOf } from "#server/api/routes.ts";

const STATEMENT = "Sign in to Stagedoor.";

export function siweMessage(nonce: ResponseOf<"createNonce">, address: `0x${string}`): string {
  return createSiweMessage({
    version: "1",
    // Wallets may answer in lower case; the message needs the checksummed form.
    address: getAddress(address),
    statement: STATEMENT,
    domain: nonce.domain,
    uri: nonce.uri,
    chainId: nonce.chainId,
    nonce: nonce.nonce,
    issuedAt: new Date(nonce.issuedAt),
    expirationTime: new Date(nonce.expiresAt),
  });
}
