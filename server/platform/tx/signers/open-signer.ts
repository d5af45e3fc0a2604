// Opens the key that a reference names: one that a service keeps, or a private one where all is play.
import type { Clock } from "../../clock.ts";
import type { Log } from "../../log.ts";
import { createLocalSigner, type TypedSigner } from "../signer.ts";
import { createAskKms } from "./ask-kms.ts";
import { createKmsSigner } from "./kms-signer.ts";
import { type AwsAccess, openAwsKey } from "./open-aws-key.ts";
import { type GcpAccess, openGcpKey } from "./open-gcp-key.ts";
import { parseKeyReference } from "./parse-key-reference.ts";

export interface SignerDeps {
  clock: Clock;
  log: Log;
  /** NODE_ENV is development, and all there is is the local chain (D12). */
  isDevelopment: boolean;
  /** For tests; else the libraries find the services and our identity there by themselves. */
  access?: { aws?: AwsAccess; gcp?: GcpAccess };
}

/** Says it at the start, where the key itself is opened later. */
export function requireKept(
  reference: string,
  { isDevelopment }: Pick<SignerDeps, "isDevelopment">,
) {
  if (isDevelopment || parseKeyReference(reference)?.kind !== "local") return;
  throw new Error(
    "Refusing to start with a private key in the environment: " +
      `it signs only with NODE_ENV=development on chain 31337. Elsewhere a key is ${KMS_FORMS}.`,
  );
}

/** Asks a service for its public key once: a wrong key ends the start and not a sale. */
export async function openSigner(reference: string, deps: SignerDeps): Promise<TypedSigner> {
  const key = parseKeyReference(reference);
  // Not shown, because what is no reference may be a private key with a digit too many.
  if (key === undefined) throw new Error(`A key must be ${FORMS}.`);
  requireKept(reference, deps);
  if (key.kind === "local") return createLocalSigner(key.privateKey);
  const ask = createAskKms(deps, reference);
  const { aws, gcp } = deps.access ?? {};
  const opened =
    key.kind === "aws-kms"
      ? await openAwsKey(key, { ask, access: aws })
      : await openGcpKey(key, { ask, access: gcp });
  deps.log.info({ key: reference, signer: opened.address }, "a key service signs");
  return createKmsSigner(opened, ask);
}

const KMS_FORMS = "aws-kms:<region>:<key> or gcp-kms:projects/…/cryptoKeyVersions/<number>";
const FORMS = `a private key (0x…), ${KMS_FORMS}`;
