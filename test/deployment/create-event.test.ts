// Creates events on a chain that mines by the clock, as the embedded one does, in a development deployment.
import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";
import { createEventOnChain, type EventTerms } from "#scripts/deployment/create-event.ts";
import { deployDevelopment, deploymentOf } from "#scripts/deployment/deploy-development.ts";
import { DUTIES, type Hex } from "#scripts/deployment/duties.ts";
import type { DeploymentRecord } from "#scripts/deployment/record.ts";
import { verifyCollection } from "#scripts/deployment/verify-collection.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { type Anvil, startAnvil } from "../support/anvil.ts";
import { failureOf, memoryStore, withProvider } from "../support/deployment.ts";

const EVENT_ID = 3;
const organiser = anvilAccount(ANVIL_ROLES.organiser);

describe("create an event", function () {
  this.timeout(30_000);
  let anvil: Anvil;
  let record: DeploymentRecord;

  before(async () => {
    anvil = await startAnvil({ chainId: 31_337, args: ["--block-time", "1", "--accounts", "30"] });
    const given = { rpcUrl: anvil.url, collection: "main", store: memoryStore() };
    record = await deployDevelopment({ ...given, note: () => undefined });
  });
  after(() => anvil.stop());

  it("has its duties on the published accounts, and the deployer as admin for good", async () => {
    for (const duty of DUTIES) {
      expect(record.duties[duty]).to.equal(anvilAccount(ANVIL_ROLES[duty]).address);
    }
    expect(record).to.include({ admin: record.deployer, acceptFrom: null, state: "complete" });
    for (const handover of ["offered", "accepted"] as const) {
      const verifying = withProvider(anvil, (provider) =>
        verifyCollection({ provider, record, handover }),
      );
      expect(await verifying, handover).to.deep.equal([]);
    }
  });

  it("describes the collection as the processes take it", () => {
    const { contracts, startBlock } = record;
    const lower = (part: "splits" | "resale" | "boxOffice" | "renderer" | "tickets") =>
      contracts[part].address.toLowerCase();
    expect(deploymentOf(record, { id: 4, rpcUrl: anvil.url })).to.deep.equal({
      ...{ id: 4, chainId: 31_337, rpcUrl: anvil.url, tickets: lower("tickets"), startBlock },
      modules: {
        splits: lower("splits"),
        resale: lower("resale"),
        boxOffice: lower("boxOffice"),
        renderer: lower("renderer"),
      },
    });
  });

  it("creates an event once; again with the same plan is nothing to do", async () => {
    const created = await createEvent(EVENT_ID, {});
    expect(created?.blockNumber).to.be.a("number");
    expect(await createEvent(EVENT_ID, {})).to.equal(null);
  });

  it("refuses another plan under the same id", async () => {
    await createEvent(EVENT_ID + 1, {});
    const message = await failureOf(createEvent(EVENT_ID + 1, { planHash: ZeroHash as Hex }));
    expect(message).to.include(`event ${EVENT_ID + 1} exists with plan ${id("plan")}`);
  });

  it("names the contract's error when the terms are refused", async () => {
    const message = await failureOf(createEvent(EVENT_ID + 2, { royaltyBps: 10_001 }));
    expect(message).to.include("refuses: TicketsRoyaltyOutOfRange(10001)");
  });

  function createEvent(eventId: number, changes: Partial<EventTerms>) {
    const terms: EventTerms = {
      organiser: organiser.address,
      doorsAt: Date.parse("2035-06-01T18:00:00Z") / 1_000,
      freezeAt: 0,
      policy: 2,
      maxGifts: 1,
      resaleCapBps: 11_000,
      royaltyBps: 1_000,
      royaltyReceiver: organiser.address,
      planHash: id("plan") as Hex,
      caps: [100, 0, 0, 0, 10],
      currency: ZeroAddress as Hex,
      boxOffice: record.contracts.boxOffice.address,
      feeCapBps: 500,
      lockMinutes: 0,
      cooldownMinutes: 0,
      ...changes,
    };
    const { address: tickets } = record.contracts.tickets;
    const key = { organiserKey: organiser.privateKey, eventId };
    return createEventOnChain({ rpcUrl: anvil.url, tickets, ...key, terms });
  }
});
