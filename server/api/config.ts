// Wire schema of what a client needs to know about this installation.
import { z } from "zod";
import { Address, Currency } from "./fields.ts";

export const ConfigResponse = z.strictObject({
  deployments: z.array(
    z.strictObject({
      ...{ id: z.int(), chainId: z.int(), tickets: Address },
      currencies: z.array(Currency).describe("What a wallet can pay in on this chain."),
    }),
  ),
  paymentProviders: z.array(z.string()),
  passkeys: z.boolean().describe("False where the address of this installation can have none."),
  developmentWallet: z
    .boolean()
    .describe("True on a local chain only: the page may use a test key."),
});
