// Has the payer sign that the box office may take a voucher's price, for a worker to send (EIP-3009).
import type { BodyOf } from "#server/api/routes.ts";
import type { Voucher } from "../../api/wire.ts";
import type { AskWallet } from "../../session/wallet.ts";
import { Hurdle } from "./hurdle.ts";
import type { TokenFacts } from "./read-token.ts";

type Consent = Extract<BodyOf<"createPayment">, { provider: "relay" }>["authorisation"];

const TYPES = {
  EIP712Domain: [
    { name: "name", type: "string" },
    { name: "version", type: "string" },
    { name: "chainId", type: "uint256" },
    { name: "verifyingContract", type: "address" },
  ],
  ReceiveWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
};
/** Tokens take a key's own signature; that of a contract wallet has any length. */
const SIGNATURE = /^0x[0-9a-f]{130}$/i;

export async function signConsent(
  ask: AskWallet,
  given: Pick<Voucher, "token" | "chainId" | "authorisation" | "voucher">,
  { domain }: Pick<TokenFacts, "domain">,
): Promise<Consent> {
  const { token: verifyingContract, chainId, authorisation, voucher } = given;
  if (authorisation === null || domain === null) throw new Hurdle("cannot-sign");
  // It ends with the voucher: nobody can take the money for a seat that is free again.
  const [validAfter, validBefore] = [0, voucher.deadline];
  const typed = {
    ...{ types: TYPES, primaryType: "ReceiveWithAuthorization" },
    domain: { ...domain, chainId, verifyingContract },
    message: {
      ...authorisation,
      ...{ validAfter: String(validAfter), validBefore: String(validBefore) },
    },
  };
  const text = JSON.stringify(typed);
  const signature = await ask<string>("eth_signTypedData_v4", [voucher.payer, text]);
  if (!SIGNATURE.test(signature)) throw new Hurdle("cannot-sign");
  return { validAfter, validBefore, signature };
}
