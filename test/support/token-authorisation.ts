// What a token's holder signs so that the box office may take a voucher's price from it (EIP-3009).
import type { Client } from "#scripts/demo-client.ts";
import type { ResponseOf } from "#server/api/routes.ts";

type Hex = `0x${string}`;
export type Voucher = NonNullable<ResponseOf<"createPayment">["voucher"]>;

const TYPES = {
  ReceiveWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

export async function authorise(account: Client["account"], given: Voucher) {
  const { authorisation, chainId, token, voucher } = given;
  if (authorisation === null || token === null) throw new Error("there is nothing to sign");
  const { from, to, value, nonce } = authorisation;
  const validBefore = voucher.deadline;
  const signature = await account.signTypedData({
    domain: { name: "Test Euro", version: "1", chainId, verifyingContract: token as Hex },
    ...{ types: TYPES, primaryType: "ReceiveWithAuthorization" },
    message: {
      ...{ from: from as Hex, to: to as Hex, value: BigInt(value), validAfter: 0n },
      ...{ validBefore: BigInt(validBefore), nonce: nonce as Hex },
    },
  });
  return { validAfter: 0, validBefore, signature };
}
