// Reads the one line that names a key: which it is, and who keeps it.
import { SECP256K1_ORDER } from "./read-signature.ts";

export type KeyReference =
  | { kind: "local"; privateKey: `0x${string}` }
  | { kind: "aws-kms"; region: string; keyId: string }
  | { kind: "gcp-kms"; name: string };

const LOCAL = /^0x[0-9a-fA-F]{64}$/;
const AWS = /^aws-kms:([a-z]{2,8}(?:-[a-z]{2,12}){1,3}-\d{1,2}):(.+)$/;
/** A key's id, one of several regions (mrk-…), or a name that leads to one. */
const AWS_KEY = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const AWS_ALIAS = /^alias\/[\w/-]{1,250}$/;
const AWS_ARN = /^arn:aws(?:-[a-z]+)*:kms:([a-z0-9-]+):\d{12}:(?:key\/([\w-]+)|(alias\/.+))$/;
const GCP =
  /^gcp-kms:(projects\/[a-z][a-z0-9.:-]{1,80}\/locations\/[a-z][a-z0-9-]{1,40}\/keyRings\/[\w-]{1,63}\/cryptoKeys\/[\w-]{1,63}\/cryptoKeyVersions\/[1-9]\d{0,9})$/;

/** Undefined for what names no key. The text may be a secret: no message shows it. */
export function parseKeyReference(text: string): KeyReference | undefined {
  if (LOCAL.test(text)) return localOf(text as `0x${string}`);
  const [, name] = GCP.exec(text) ?? [];
  if (name !== undefined) return { kind: "gcp-kms", name };
  const [, region, keyId] = AWS.exec(text) ?? [];
  if (region === undefined || keyId === undefined || !isAwsKey(region, keyId)) return undefined;
  return { kind: "aws-kms", region, keyId };
}

export function isKeyReference(text: string): boolean {
  return parseKeyReference(text) !== undefined;
}

function localOf(privateKey: `0x${string}`): KeyReference | undefined {
  const scalar = BigInt(privateKey);
  return scalar > 0n && scalar < SECP256K1_ORDER ? { kind: "local", privateKey } : undefined;
}

function isAwsKey(region: string, keyId: string): boolean {
  const [arn, arnRegion, key, alias] = AWS_ARN.exec(keyId) ?? [];
  // AWS would answer a region other than the key's own with "not found", which says less.
  if (arn !== undefined && arnRegion !== region) return false;
  return AWS_KEY.test(key ?? keyId) || AWS_ALIAS.test(alias ?? keyId);
}
