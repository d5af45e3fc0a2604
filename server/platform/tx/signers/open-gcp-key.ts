// A key version in GCP KMS, by its REST interface; every answer's checksums are compared.
import type { GoogleAuth } from "google-auth-library";
import { z } from "zod";
import { Bug } from "../../../domain/failure.ts";
import { type AskKms, KmsFailure } from "./ask-kms.ts";
import { crc32c } from "./crc32c.ts";
import type { KmsKey } from "./kms-signer.ts";
import { readPublicKey } from "./read-public-key.ts";

/** Where GCP is; who we are there, its library finds out by itself. */
export interface GcpAccess {
  endpoint: string;
}

const ENDPOINT = "https://cloudkms.googleapis.com";
const SCOPE = "https://www.googleapis.com/auth/cloudkms";
const ALGORITHM = "EC_SIGN_SECP256K1_SHA256";
/** Ten times the longest answer that is right. */
const ANSWER_BYTES_MAX = 16 * 1024;
const TOO_MANY = 429;

const PublicKeyAnswer = z.object({
  ...{ name: z.string(), algorithm: z.string(), pem: z.string(), pemCrc32c: z.string() },
});
const SignAnswer = z.object({
  ...{ name: z.string(), signature: z.base64(), signatureCrc32c: z.string() },
  verifiedDigestCrc32c: z.boolean().optional(),
});

export async function openGcpKey(
  { name }: { name: string },
  { ask, access }: { ask: AskKms; access?: GcpAccess | undefined },
): Promise<KmsKey> {
  const { GoogleAuth } = await import("google-auth-library");
  const { endpoint = ENDPOINT } = access ?? {};
  const auth = new GoogleAuth({ scopes: SCOPE });
  // A key file then signs its own tokens, instead of asking for each at one more service.
  auth.useJWTAccessWithScope = true;
  const call = <T>(
    path: string,
    shape: z.ZodType<T>,
    how: { body?: object; signal: AbortSignal },
  ) => callGcp({ auth, url: `${endpoint}/v1/${name}${path}`, shape, ...how });

  const found = await ask("public key", async (signal) => {
    const answer = await call("/publicKey", PublicKeyAnswer, { signal });
    requireWhole(answer.name === name && answer.pemCrc32c === checksum(Buffer.from(answer.pem)));
    return answer;
  });
  const address = readPublicKey(found.pem);
  if (found.algorithm !== ALGORITHM || address === undefined) {
    throw new Bug(`${name} is a key for ${found.algorithm}, not ${ALGORITHM}`);
  }
  return {
    address,
    sign: async (digest, signal) => {
      const sha256 = Buffer.from(digest).toString("base64");
      const body = { digest: { sha256 }, digestCrc32c: checksum(digest) };
      const answer = await call(":asymmetricSign", SignAnswer, { body, signal });
      const signature = Buffer.from(answer.signature, "base64");
      // Without its word GCP may have signed a digest that was damaged on the way there.
      requireWhole(answer.verifiedDigestCrc32c === true && answer.name === name);
      requireWhole(answer.signatureCrc32c === checksum(signature));
      return signature;
    },
  };
}

async function callGcp<T>(given: {
  auth: GoogleAuth;
  url: string;
  shape: z.ZodType<T>;
  body?: object;
  signal: AbortSignal;
}): Promise<T> {
  const { auth, url, shape, body, signal } = given;
  const { status, text } = await exchange({ auth, url, body, signal });
  if (status !== 200) {
    const passing = status >= 500 || status === TOO_MANY;
    throw new KmsFailure(`${status}: ${text.slice(0, 300)}`, { passing });
  }
  const parsed = shape.safeParse(parseJson(text));
  requireWhole(parsed.success);
  return parsed.data as T;
}

async function exchange(given: {
  auth: GoogleAuth;
  url: string;
  body: object | undefined;
  signal: AbortSignal;
}): Promise<{ status: number; text: string }> {
  const { auth, url, body, signal } = given;
  try {
    const headers = await auth.getRequestHeaders(url);
    headers.set("content-type", "application/json");
    const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(url, { ...sent, headers, signal, redirect: "error" });
    return { status: response.status, text: await readText(response) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KmsFailure(reason, { passing: true, cause });
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX)
      throw new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function requireWhole(holds: boolean): void {
  if (!holds) throw new KmsFailure("the answer was damaged on its way", { passing: true });
}

/** As GCP writes 64-bit numbers. */
function checksum(bytes: Uint8Array): string {
  return String(crc32c(bytes));
}
