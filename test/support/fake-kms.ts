// AWS KMS and GCP KMS on this machine: the calls that we make, who may make them, and their faults.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey } from "viem/accounts";
import { systemClock } from "#server/platform/clock.ts";
import type { SignerDeps } from "#server/platform/tx/signers/open-signer.ts";
import { AWS_CREDENTIALS, answerAws } from "./kms-aws-wire.ts";
import type { KmsCall, KmsFault, KmsFaultKind } from "./kms-faults.ts";
import { answerGcp, createGcpAccount } from "./kms-gcp-wire.ts";
import { KmsVault, type VaultKey } from "./kms-vault.ts";

export interface FakeKms {
  vault: KmsVault;
  faults: KmsFault[];
  /** Each call that came, as "sign" or "public-key". */
  calls: KmsFault["on"][];
  access: NonNullable<SignerDeps["access"]>;
  /** A key file of GCP's, for who is let in. */
  gcpKeyFile: string;
  close(): Promise<void>;
}

/** Longer than we wait for an answer, and shorter than a test may take. */
const SLOW_MS = 3_000;
const BODY_BYTES_MAX = 16 * 1024;

export async function openFakeKms(): Promise<FakeKms> {
  const vault = new KmsVault();
  const faults: KmsFault[] = [];
  const calls: KmsFault["on"][] = [];
  const account = createGcpAccount();
  const folder = mkdtempSync(join(tmpdir(), "stagedoor-kms-"));
  const gcpKeyFile = join(folder, "key.json");
  writeFileSync(gcpKeyFile, JSON.stringify(account.credentials));
  const server = createServer(async (request, response) => {
    const { url = "", method = "", headers } = request;
    const target = headers["x-amz-target"];
    const on = /[.:](Sign|asymmetricSign)$/.test(String(target ?? url)) ? "sign" : "public-key";
    calls.push(on);
    const fault = takeFault(faults, on);
    const call: KmsCall = {
      ...{ vault, url, method, headers, fault, body: await readBody(request) },
      sign: (key, digest) => signWith(vault, { key, digest, fault }),
    };
    const answer = target === undefined ? answerGcp(call, account) : answerAws(call);
    const { status, body, headers: more } = await answer;
    if (fault === "slow") await systemClock.sleep(SLOW_MS);
    if (fault === "cut") return void response.destroy();
    response.writeHead(status, { "content-type": "application/json", ...more });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    ...{ vault, faults, calls, gcpKeyFile },
    access: {
      aws: { endpoint, credentials: AWS_CREDENTIALS },
      gcp: { endpoint },
    },
    close: () =>
      new Promise((done) => {
        rmSync(folder, { recursive: true, force: true });
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function takeFault(faults: KmsFault[], on: KmsFault["on"]): KmsFaultKind | undefined {
  const fault = faults.find((each) => each.times > 0 && each.on === on);
  if (fault !== undefined) fault.times -= 1;
  return fault?.kind;
}

async function signWith(
  vault: KmsVault,
  { key, digest, fault }: { key: VaultKey; digest: Buffer; fault: KmsFaultKind | undefined },
): Promise<Buffer> {
  const other: VaultKey = { spec: "secp256k1", privateKey: generatePrivateKey() };
  const signature = await vault.sign(fault === "other-key" ? other : key, digest);
  return fault === "truncated" ? signature.subarray(0, -1) : signature;
}

/** Who we are at GCP from now on, in this process; answers how it was before. */
export function useKeyFile(path: string | undefined): string | undefined {
  const { GOOGLE_APPLICATION_CREDENTIALS: before } = process.env;
  if (path === undefined) delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
  else process.env.GOOGLE_APPLICATION_CREDENTIALS = path;
  return before;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) {
    text += String(part);
    if (text.length > BODY_BYTES_MAX) throw new Error("a call to a key service is too long");
  }
  return text;
}
