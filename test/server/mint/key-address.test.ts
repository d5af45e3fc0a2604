// ./stagedoor key-address as an operator calls it: one address for one reference, and no secret in an argument.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { privateKeyToAddress } from "viem/accounts";
import { keyAddress } from "#scripts/key-address.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createLog } from "#server/platform/log.ts";
import { type FakeKms, openFakeKms, useKeyFile } from "../../support/fake-kms.ts";
import { AWS_CREDENTIALS } from "../../support/kms-aws-wire.ts";
import { AWS_KEY, GCP_KEY } from "../../support/kms-keys.ts";

const PRIVATE_KEY = `0x${"5a".repeat(32)}` as const;
const log = createLog({ name: "test", level: "silent" });

async function run(args: string[], { input = "", env = {} } = {}) {
  const script = join(repositoryRoot, "scripts/key-address.ts");
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env } });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, err };
}

describe("the command key-address", () => {
  let kms: FakeKms;
  let keyFileBefore: string | undefined;
  before(async () => {
    kms = await openFakeKms();
    keyFileBefore = useKeyFile(kms.gcpKeyFile);
  });
  after(async () => {
    useKeyFile(keyFileBefore);
    await kms.close();
  });

  it("prints the address of a key of AWS, for people and for programs", async () => {
    const address = kms.vault.add(AWS_KEY.name);
    const { accessKeyId, secretAccessKey } = AWS_CREDENTIALS;
    const env = {
      AWS_ENDPOINT_URL_KMS: kms.access.aws?.endpoint as string,
      ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    };
    const told = await run([AWS_KEY.reference], { env });
    expect(told).to.deep.include({ code: 0, out: `${address}\n` });
    const json = await run([AWS_KEY.reference, "--json"], { env });
    expect(JSON.parse(json.out)).to.deep.equal({ type: "result", kind: "aws-kms", address });
  });

  it("finds the address of a key of GCP", async () => {
    const address = kms.vault.add(GCP_KEY.name);
    const deps = { clock: systemClock, log, access: kms.access };
    expect(await keyAddress(GCP_KEY.reference, deps)).to.equal(address);
  });

  it("takes a private key by standard input alone, and shows none", async () => {
    const address = privateKeyToAddress(PRIVATE_KEY).toLowerCase();
    expect((await run(["-"], { input: `${PRIVATE_KEY}\n` })).out).to.equal(`${address}\n`);
    const refused = await run([PRIVATE_KEY]);
    expect(refused.code).to.equal(1);
    expect(refused.err).to.include("is no argument").and.not.to.include("5a5a");
    const wrong = await run(["-"], { input: `${PRIVATE_KEY}5a` });
    expect(wrong.code).to.equal(1);
    expect(wrong.err).to.include("names no key").and.not.to.include("5a5a");
  });

  it("explains itself, and answers 2 to what it does not know", async () => {
    expect((await run(["--help"])).out).to.match(/^Usage: .\/stagedoor key-address REFERENCE/);
    expect((await run(["--what"])).code).to.equal(2);
    expect((await run([])).code).to.equal(1);
  });
});
