// A key in AWS KMS; its library is loaded here, and by nobody who has no such key.
import type { KMSClientConfig, KMSServiceException } from "@aws-sdk/client-kms";
import { Bug } from "../../../domain/failure.ts";
import { type AskKms, KmsFailure } from "./ask-kms.ts";
import type { KmsKey } from "./kms-signer.ts";
import { readPublicKey } from "./read-public-key.ts";

/** Where AWS is and who we are there, in place of what the library finds by itself. */
export type AwsAccess = Pick<KMSClientConfig, "endpoint" | "credentials">;

const ALGORITHM = "ECDSA_SHA_256";

export async function openAwsKey(
  { region, keyId }: { region: string; keyId: string },
  { ask, access = {} }: { ask: AskKms; access?: AwsAccess | undefined },
): Promise<KmsKey> {
  const { GetPublicKeyCommand, KMSClient, SignCommand } = await import("@aws-sdk/client-kms");
  // Tried again by us, with one number for all services.
  const client = new KMSClient({ ...access, region, maxAttempts: 1 });
  const found = await ask("public key", (abortSignal) =>
    client.send(new GetPublicKeyCommand({ KeyId: keyId }), { abortSignal }).catch(fail),
  );
  const address = readPublicKey(found.PublicKey ?? new Uint8Array());
  const isOurs =
    found.KeySpec === "ECC_SECG_P256K1" &&
    found.KeyUsage === "SIGN_VERIFY" &&
    found.SigningAlgorithms?.includes(ALGORITHM) === true;
  if (!isOurs || address === undefined) {
    throw new Bug(
      `${keyId} is ${found.KeySpec} for ${found.KeyUsage}, not a signing ECC_SECG_P256K1`,
    );
  }
  // An alias may be led elsewhere while we run; what it led to at the start is ours.
  const KeyId = found.KeyId ?? keyId;
  return {
    address,
    sign: async (Message, abortSignal) => {
      const command = new SignCommand({
        ...{ KeyId, Message, MessageType: "DIGEST", SigningAlgorithm: ALGORITHM },
      });
      const { Signature } = await client.send(command, { abortSignal }).catch(fail);
      return Signature ?? new Uint8Array();
    },
  };
}

/** The one refusal with a status of the 400s that is about the moment. */
const THROTTLED = /^(Throttling(Exception)?|TooManyRequestsException|RequestLimitExceeded)$/;

/** Without a status nobody answered: no connection, or no credentials yet. */
function fail(cause: unknown): never {
  const { name, message, $metadata } = cause as Partial<KMSServiceException>;
  const status = $metadata?.httpStatusCode;
  // The library has just set its idea of the time by the answer.
  const wasLate = ($metadata as { clockSkewCorrected?: boolean })?.clockSkewCorrected === true;
  const passing = status === undefined || status >= 500 || wasLate || THROTTLED.test(name ?? "");
  throw new KmsFailure(`${name}: ${message}`, { passing, cause });
}
