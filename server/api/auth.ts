// Wire schemas of sign-in with Ethereum, and of sessions.
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
/** Room for the deployment of a contract wallet that comes with its first signature (ERC-6492). */
const SIGNATURE_LENGTH_MAX = 20_000;
export const SignInRequest = z.strictObject({
  message: z.string().max(MESSAGE_LENGTH_MAX).describe("The EIP-4361 message, to the byte."),
  signature: Hex.max(SIGNATURE_LENGTH_MAX),
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

export const SessionDevice = z.strictObject({
  id: z.uuid(),
  device: z.string().describe("Browser and system, as far as the browser says."),
  method: z.enum(["wallet", "passkey"]),
  createdAt: Time,
  lastSeenAt: Time.describe("To the minute."),
  expiresAt: Time.describe("The latest; without a request from the device it ends sooner."),
  current: z.boolean().describe("True for the device that asks."),
});

export const SessionListResponse = z.strictObject({ sessions: z.array(SessionDevice) });
