// How GCP KMS speaks: REST with checksums in both directions, for bearers of a signed token.
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { systemClock, unixSeconds } from "#server/platform/clock.ts";
import { crc32c } from "#server/platform/tx/signers/crc32c.ts";
import type { KmsAnswer, KmsCall, KmsFaultKind } from "./kms-faults.ts";
import { publicKeyOf, type VaultKey } from "./kms-vault.ts";

const ACCOUNT = "minter@project.iam.gserviceaccount.com";
const SCOPE = "https://www.googleapis.com/auth/cloudkms";

export interface GcpAccount {
  /** What a key file of a service account says. */
  credentials: { type: string; client_email: string; private_key: string };
  publicKey: string;
}

export function createGcpAccount(): GcpAccount {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const type = "service_account";
  return { credentials: { type, client_email: ACCOUNT, private_key: privateKey }, publicKey };
}

const FAULTS: Partial<Record<KmsFaultKind, KmsAnswer>> = {
  throttled: refusal(429, "RESOURCE_EXHAUSTED"),
  broken: refusal(503, "UNAVAILABLE"),
  denied: refusal(403, "PERMISSION_DENIED"),
};

const PATH = /^\/v1\/(projects\/.+\/cryptoKeyVersions\/\d+)(\/publicKey|:asymmetricSign)$/;

export async function answerGcp(call: KmsCall, account: GcpAccount): Promise<KmsAnswer> {
  if (!isBearer(account, call.headers.authorization)) return refusal(401, "UNAUTHENTICATED");
  const [, name = "", verb] = PATH.exec(call.url) ?? [];
  const isSigning = verb === ":asymmetricSign";
  if (call.method !== (isSigning ? "POST" : "GET")) return refusal(404, "NOT_FOUND");
  const { fault } = call;
  const failed = fault === undefined ? undefined : FAULTS[fault];
  if (failed !== undefined) return failed;
  const key = call.vault.find(name);
  if (key === undefined) return refusal(404, "NOT_FOUND");
  return isSigning ? signGcp(call, name, key) : describe(name, key, fault);
}

async function signGcp(call: KmsCall, name: string, key: VaultKey): Promise<KmsAnswer> {
  const { fault } = call;
  const { digest, digestCrc32c } = JSON.parse(call.body) as {
    digest?: { sha256?: string };
    digestCrc32c?: string;
  };
  const bytes = Buffer.from(digest?.sha256 ?? "", "base64");
  if (bytes.length !== 32) return refusal(400, "INVALID_ARGUMENT");
  const verified = digestCrc32c === checksum(bytes);
  if (digestCrc32c !== undefined && !verified) return refusal(400, "INVALID_ARGUMENT");
  const signature = await call.sign(key, bytes);
  const body = {
    ...{ name: nameIn(fault, name), protectionLevel: "HSM" },
    signature: signature.toString("base64"),
    signatureCrc32c: checksum(fault === "damaged" ? bytes : signature),
    // As protocol buffers in JSON do it: what is false is left out.
    ...(verified && fault !== "unverified" ? { verifiedDigestCrc32c: true } : {}),
  };
  return { status: 200, body };
}

function describe(name: string, key: VaultKey, fault: KmsFaultKind | undefined): KmsAnswer {
  const spki = createPublicKey({ key: publicKeyOf(key), format: "der", type: "spki" });
  const pem = spki.export({ type: "spki", format: "pem" }).toString();
  const body = {
    ...{ name: nameIn(fault, name), pem, protectionLevel: "HSM" },
    algorithm: key.spec === "p256" ? "EC_SIGN_P256_SHA256" : "EC_SIGN_SECP256K1_SHA256",
    pemCrc32c: checksum(Buffer.from(fault === "damaged" ? name : pem)),
  };
  return { status: 200, body };
}

function nameIn(fault: KmsFaultKind | undefined, name: string): string {
  return fault === "misnamed" ? `${name}0` : name;
}

/** A token that the account signed for itself, for this service and for now. */
function isBearer({ publicKey }: GcpAccount, authorization = ""): boolean {
  const [head = "", claims = "", signature = ""] = authorization.replace(/^Bearer /, "").split(".");
  const signed = Buffer.from(`${head}.${claims}`);
  if (!verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url"))) return false;
  const { iss, scope, exp } = JSON.parse(Buffer.from(claims, "base64url").toString());
  return iss === ACCOUNT && scope === SCOPE && exp > unixSeconds(systemClock);
}

function refusal(code: number, status: string): KmsAnswer {
  return { status: code, body: { error: { code, status, message: `It is ${status}.` } } };
}

function checksum(bytes: Uint8Array): string {
  return String(crc32c(bytes));
}
