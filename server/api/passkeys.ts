// Wire schemas of passkeys: what browsers hand over as JSON by WebAuthn Level 3.
import { z } from "zod";
import { Time } from "./fields.ts";

const ID_LENGTH_MAX = 1_400;
const PART_LENGTH_MAX = 16_000;
const TRANSPORTS_MAX = 8;

const Base64Url = z.string().regex(/^[A-Za-z0-9_-]*$/, "is not base64url");
const Part = Base64Url.max(PART_LENGTH_MAX);

export const PasskeyId = Base64Url.min(1).max(ID_LENGTH_MAX).describe("Credential id, base64url.");

const credential = {
  id: PasskeyId,
  rawId: PasskeyId,
  type: z.literal("public-key"),
  authenticatorAttachment: z.string().max(40).nullish(),
  clientExtensionResults: z.record(z.string().max(40), z.unknown()).optional(),
};

export const NewPasskey = z
  .strictObject({
    ...credential,
    response: z.strictObject({
      clientDataJSON: Part,
      attestationObject: Part,
      authenticatorData: Part.optional(),
      transports: z
        .array(z.string().regex(/^[a-z-]{1,20}$/))
        .max(TRANSPORTS_MAX)
        .optional(),
      publicKey: Part.nullish(),
      publicKeyAlgorithm: z.int().optional(),
    }),
  })
  .describe("RegistrationResponseJSON of WebAuthn.");

export const PasskeyProof = z
  .strictObject({
    ...credential,
    response: z.strictObject({
      clientDataJSON: Part,
      authenticatorData: Part,
      signature: Part,
      userHandle: Part.nullish(),
    }),
  })
  .describe("AuthenticationResponseJSON of WebAuthn.");

export const PasskeyOptionsResponse = z
  .looseObject({ challenge: z.string() })
  .describe("PublicKeyCredentialCreationOptionsJSON or …RequestOptionsJSON of WebAuthn.");

export const PasskeyResponse = z.strictObject({
  id: PasskeyId,
  name: z.string().describe("The device that it was made on."),
  backedUp: z.boolean().describe("True where it is synced and outlives the device."),
  createdAt: Time,
  lastUsedAt: Time.nullable(),
});

export const PasskeyListResponse = z.strictObject({ passkeys: z.array(PasskeyResponse) });
