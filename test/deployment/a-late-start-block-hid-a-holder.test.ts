// Checks that no holder of a role hides before the block at which a record begins.
import { expect } from "chai";
import { Interface } from "ethers";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { DUTIES, roleOf } from "#scripts/deployment/duties.ts";
import type { DeploymentRecord } from "#scripts/deployment/record.ts";
import { verifyCollection } from "#scripts/deployment/verify-collection.ts";
import { type Anvil, startAnvil } from "../support/anvil.ts";
import {
  addressOf,
  callAs,
  deploy,
  deployer,
  failureOf,
  fund,
  MULTISIG,
  passTime,
  withProvider,
} from "../support/deployment.ts";

const CHAIN_ID = 7_009;
const THREE_DAYS_S = 3 * 24 * 3_600;
const abi = new Interface(ticketsAbi);

describe("verify a deployment", function () {
  this.timeout(30_000);
  let anvil: Anvil;

  before(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID });
    await fund(anvil);
  });
  after(() => anvil.stop());

  it("believes no record that begins after the collection", async () => {
    const record = await deploy(anvil);
    const tell = tellerOf(anvil, record);
    await tell("grantRole", [roleOf("minter"), addressOf("stranger")]);
    const startBlock = Number(await anvil.rpc("eth_blockNumber")) + 1;
    // all that the record names is in the logs after that
    for (const duty of DUTIES) {
      const change = [roleOf(duty), record.duties[duty]];
      await tell("revokeRole", change);
      await tell("grantRole", change);
    }
    await passTime(anvil, THREE_DAYS_S + 60);
    await tell("acceptAdmin", [], MULTISIG);
    const message = await failureOf(
      withProvider(anvil, (provider) =>
        verifyCollection({
          provider,
          record: { ...record, startBlock },
          handover: "accepted",
        }),
      ),
    );
    expect(message).to.include(
      `The logs from block ${startBlock} on do not begin with the collection's creation.`,
    );
  });
});

function tellerOf(anvil: Anvil, { contracts }: DeploymentRecord) {
  const to = contracts.tickets.address;
  return (name: string, args: unknown[], from = deployer) =>
    callAs(anvil, from, { to, data: abi.encodeFunctionData(name, args) });
}
