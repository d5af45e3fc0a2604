// How AWS KMS speaks: JSON 1.1 by POST, each request signed by Signature Version 4.
import { createHash, createHmac } from "node:crypto";
import { systemClock } from "#server/platform/clock.ts";
import type { KmsAnswer, KmsCall, KmsFaultKind } from "./kms-faults.ts";
import { publicKeyOf, type VaultKey } from "./kms-vault.ts";

export const AWS_CREDENTIALS = {
  accessKeyId: "AKIDOFTHETESTS",
  secretAccessKey: "secret-of-the-tests",
};

const HOUR_MS = 3_600_000;

const FAULTS: Partial<Record<KmsFaultKind, KmsAnswer>> = {
  throttled: refusal(400, "ThrottlingException", "Rate exceeded"),
  broken: refusal(500, "KMSInternalException", "Something went wrong."),
  denied: refusal(400, "AccessDeniedException", "not authorized to perform: kms:Sign"),
};

export async function answerAws(call: KmsCall): Promise<KmsAnswer> {
  if (!isSigned(call)) return refusal(403, "InvalidSignatureException", "The signature is wrong.");
  const target = String(call.headers["x-amz-target"]);
  const asked = JSON.parse(call.body) as Record<string, string>;
  const { fault } = call;
  if (fault === "skewed") return skewed();
  const failed = fault === undefined ? undefined : FAULTS[fault];
  if (failed !== undefined) return failed;
  const KeyId = call.vault.nameOf(asked.KeyId ?? "");
  const key = call.vault.find(KeyId);
  if (key === undefined) return refusal(400, "NotFoundException", `Key '${KeyId}' does not exist`);
  if (target === "TrentService.GetPublicKey") return { status: 200, body: describe(KeyId, key) };
  if (target !== "TrentService.Sign") return refusal(400, "UnknownOperationException", target);
  const { Message = "", MessageType, SigningAlgorithm } = asked;
  const digest = Buffer.from(Message, "base64");
  if (MessageType !== "DIGEST" || SigningAlgorithm !== "ECDSA_SHA_256" || digest.length !== 32) {
    return refusal(400, "ValidationException", "Digest is invalid length for the algorithm.");
  }
  const signature = await call.sign(key, digest);
  const body = { KeyId, Signature: signature.toString("base64"), SigningAlgorithm };
  return { status: 200, body };
}

function describe(KeyId: string, key: VaultKey) {
  return {
    ...{ KeyId, KeyUsage: "SIGN_VERIFY", SigningAlgorithms: ["ECDSA_SHA_256"] },
    KeySpec: key.spec === "p256" ? "ECC_NIST_P256" : "ECC_SECG_P256K1",
    PublicKey: publicKeyOf(key).toString("base64"),
  };
}

function refusal(status: number, name: string, message: string): KmsAnswer {
  const headers = { "content-type": "application/x-amz-json-1.1" };
  return { status, body: { __type: name, message }, headers };
}

function skewed(): KmsAnswer {
  const { status, body, headers } = refusal(403, "InvalidSignatureException", "Signature expired");
  const theirs = new Date(systemClock.now().getTime() + HOUR_MS);
  return { status, body, headers: { ...headers, date: theirs.toUTCString() } };
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8}\/[a-z0-9-]+\/kms\/aws4_request), SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;
const MUST_BE_SIGNED = ["host", "x-amz-date", "x-amz-target"];

function isSigned({ method, headers, body }: KmsCall): boolean {
  const [, id, scope = "", names = "", signature] =
    AUTHORIZATION.exec(headers.authorization ?? "") ?? [];
  const signed = names.split(";");
  if (id !== AWS_CREDENTIALS.accessKeyId) return false;
  if (!MUST_BE_SIGNED.every((name) => signed.includes(name))) return false;
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join("");
  const request = [method, "/", "", lines, names, sha256(body)].join("\n");
  const at = String(headers["x-amz-date"]);
  const text = ["AWS4-HMAC-SHA256", at, scope, sha256(request)].join("\n");
  let key = Buffer.from(`AWS4${AWS_CREDENTIALS.secretAccessKey}`);
  for (const part of [...scope.split("/"), text]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  return at.startsWith(scope.slice(0, 8)) && key.toString("hex") === signature;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
