// Wire schemas of sign-in with Ethereum.
import { z } from "zod";
import { ROLES } from "../domain/role.ts";
import { Address, EventId, Hex, Time } from "./fields.ts";

export const NonceResponse = z.strictObject({
  nonce: z.string().describe("Goes into the message; works once, with the cookie that came along."),
  domain: z.string(),
  uri: z.string(),
  chainId: z.int(),
  issuedAt: Time,
  expiresAt: Time,
});

const MESSAGE_LENGTH_MAX = 2_000;
export const SignInRequest = z.strictObject({
  message: z.string().max(MESSAGE_LENGTH_MAX).describe("The EIP-4361 message, to the byte."),
  signature: Hex,
});

export const SessionResponse = z.strictObject({
  address: Address,
  expiresAt: Time,
  roles: z.array(
    z.strictObject({
      eventId: EventId.nullable().describe("Null for an operator of the platform."),
      role: z.enum(ROLES),
    }),
  ),
});
