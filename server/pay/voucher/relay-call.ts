// The call with which anybody may take a buyer's authorisation to the box office: it buys this, and nothing else.
import { encodeFunctionData, hexToNumber, slice } from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import type { SignedVoucher } from "./voucher-row.ts";

type Hex = `0x${string}`;

/** Of EIP-3009; its nonce is the voucher's hash, so that it pays for no other. */
export interface RelayConsent {
  /** Seconds, by the chain's clock. */
  validAfter: number;
  validBefore: number;
  signature: Hex;
}

/** Takes any 65 bytes: whether they are a signature is for the token to say. */
export function relayCall(signed: SignedVoucher, consent: RelayConsent): Hex {
  const { voucher, signer, signature } = signed;
  const [r, s] = [slice(consent.signature, 0, 32), slice(consent.signature, 32, 64)];
  const v = hexToNumber(slice(consent.signature, 64));
  const tokenConsent = {
    ...{ validAfter: BigInt(consent.validAfter), deadline: BigInt(consent.validBefore) },
    // Tokens know the older numbers alone, and refuse what is no signature.
    ...{ v: v < 2 ? 27 + v : v, r, s },
  };
  const args = [voucher, signer, signature, voucher.payer, tokenConsent] as const;
  return encodeFunctionData({ abi: boxOfficeAbi, functionName: "buyFor", args });
}
