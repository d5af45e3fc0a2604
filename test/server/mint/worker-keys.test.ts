// The keys that a worker opens: one duty and one lane for each, and no private key outside development.
import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { systemClock } from "#server/platform/clock.ts";
import { createLog } from "#server/platform/log.ts";
import { openKeys, organiserAsker } from "#server/platform/tx/signers/open-keys.ts";

const [ONE, TWO, THREE] = [1, 2, 3].map(() => generatePrivateKey()) as [string, string, string];
const given = { clock: systemClock, log: createLog({ name: "test", level: "silent" }) };
const deployment = { id: 1, rpcUrl: "http://127.0.0.1:1", tickets: "0x" as const, startBlock: 0 };
const env = {
  nodeEnv: "development" as const,
  deployments: [{ ...deployment, chainId: 31_337 }],
  minterKeys: [ONE] as [string, ...string[]],
  organiserKey: undefined,
  refunderKey: undefined,
  gateKey: undefined,
  payoutKey: undefined,
};

const refusalOf = (opened: Promise<unknown>) => opened.then(() => "opened", String);

describe("the worker's keys", () => {
  it("are opened each for its duty", async () => {
    const keys = await openKeys({ ...env, minterKeys: [ONE, TWO], organiserKey: THREE }, given);
    const addresses = [...keys.minters, keys.organiser].map((key) => key?.address);
    expect(new Set(addresses).size).to.equal(3);
    expect(keys.refunder).to.equal(undefined);
  });

  it("are refused where two of them are one", async () => {
    const upper = `0x${ONE.slice(2).toUpperCase()}`;
    for (const twice of [
      { minterKeys: [ONE, upper] as [string, string] },
      { refunderKey: upper },
    ]) {
      expect(await refusalOf(openKeys({ ...env, ...twice }, given))).to.match(/keys are one/);
    }
  });

  const elsewhere = [
    { nodeEnv: "production" as const },
    { deployments: [{ ...deployment, chainId: 8_453 }] },
  ];
  for (const where of elsewhere) {
    it(`are not private ones with ${Object.keys(where)} of another house`, async () => {
      const said = await refusalOf(openKeys({ ...env, ...where }, given));
      expect(said).to.match(/Refusing to start with a private key/);
      expect(said).not.to.include(ONE.slice(2));
      // At the API's start, not once somebody needs the key.
      const ask = () => organiserAsker({ ...env, ...where, organiserKey: TWO }, given);
      expect(ask).to.throw("Refusing to start with a private key");
    });
  }
});
