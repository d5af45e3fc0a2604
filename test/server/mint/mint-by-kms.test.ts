// Tickets that are minted by keys which no machine of ours has seen.
import { expect } from "chai";
import { keccak256, toBytes } from "viem";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { createMinter } from "#server/mint/mint-event.ts";
import { systemClock } from "#server/platform/clock.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { createLocalSigner, type Signer } from "#server/platform/tx/signer.ts";
import { openSigner } from "#server/platform/tx/signers/open-signer.ts";
import { buy, mint, stalls } from "../../support/buy.ts";
import { rpc, write } from "../../support/chain.ts";
import { type FakeKms, openFakeKms, useKeyFile } from "../../support/fake-kms.ts";
import { type House, openHouse } from "../../support/house.ts";
import { AWS_KEY, GCP_KEY } from "../../support/kms-keys.ts";

const MINTER_ROLE = keccak256(toBytes("MINTER_ROLE"));
const ONE_COIN = "0xde0b6b3a7640000";

describe("mint by key services", () => {
  let house: House;
  let kms: FakeKms;
  let keyFileBefore: string | undefined;
  before(async () => {
    house = await openHouse();
    kms = await openFakeKms();
    keyFileBefore = useKeyFile(kms.gcpKeyFile);
  });
  after(async () => {
    useKeyFile(keyFileBefore);
    await kms.close();
    await house.close();
  });

  const old = createLocalSigner(anvilAccount(ANVIL_ROLES.minter).privateKey);

  function open(reference: string): Promise<Signer> {
    const { access } = kms;
    return openSigner(reference, { ...house, clock: systemClock, isDevelopment: false, access });
  }

  /** What the runbook says of a new key: made by its service, given the role and some coin. */
  async function appoint(name: string, reference: string): Promise<Signer> {
    const address = kms.vault.add(name);
    await rpc(house.chain, "anvil_setBalance", [address, ONE_COIN]);
    const args = [MINTER_ROLE, address] as const;
    await write(house.chain, "admin", { functionName: "grantRole", args });
    return open(reference);
  }

  function houseOf(...signers: [Signer, ...Signer[]]): House {
    const metrics = createMetrics("test");
    return { ...house, minter: createMinter({ ...house, metrics, signers, holder: "test" }) };
  }

  async function minterOf({ lines }: Awaited<ReturnType<typeof mint>>): Promise<string> {
    const hash = lines[0]?.txHash as `0x${string}`;
    return (await house.chain.client.getTransaction({ hash })).from.toLowerCase();
  }

  for (const [row, { name, reference }] of [AWS_KEY, GCP_KEY].entries()) {
    it(`mints a ticket with ${reference.slice(0, 7)}`, async () => {
      const signer = await appoint(name, reference);
      const fan = await house.fan();
      const { id } = await buy(house, fan, stalls(row + 1, 1, 2));
      const minted = await mint(houseOf(signer), fan, id);
      expect(minted.state).to.equal("fulfilled");
      expect(await minterOf(minted)).to.equal(signer.address);
    });
  }

  it("keeps a paid ticket waiting while its service is away, and mints it after that", async () => {
    const signer = await open(AWS_KEY.reference);
    const fan = await house.fan();
    const { id } = await buy(house, fan, stalls(4, 1));
    kms.faults.push({ kind: "broken", on: "sign", times: 4 });
    const waiting = houseOf(signer);
    await waiting.minter.mintWaiting();
    const { rows } = await house.db.query<{ state: string }>({
      text: "SELECT state FROM sale.mint_line WHERE order_id = $1",
      values: [id],
    });
    expect(rows).to.deep.equal([{ state: "queued" }]);
    expect((await mint(waiting, fan, id)).state).to.equal("fulfilled");
  });

  it("goes on without a pause when a key takes another one's place", async () => {
    const next = await open(GCP_KEY.reference);
    const fan = await house.fan();
    const before = await buy(house, fan, stalls(5, 1));
    expect((await mint(houseOf(old, next), fan, before.id)).state).to.equal("fulfilled");
    const after = await buy(house, fan, stalls(5, 2));
    const minted = await mint(houseOf(next), fan, after.id);
    expect(minted.state).to.equal("fulfilled");
    expect(await minterOf(minted)).to.equal(next.address);
    const args = [MINTER_ROLE, old.address] as const;
    await write(house.chain, "admin", { functionName: "revokeRole", args });
    const later = await buy(house, fan, stalls(5, 3));
    expect((await mint(houseOf(next), fan, later.id)).state).to.equal("fulfilled");
  });
});
