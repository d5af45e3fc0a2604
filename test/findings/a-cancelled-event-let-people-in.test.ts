// Found: our own doors admitted tickets of a cancelled event, whose holders can have their money back as well.
import { expect } from "chai";
import { createWalletClient, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { openPassSession } from "#scripts/demo-pass.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { parseTicketId } from "#server/domain/ticket-id.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { waitForReceipt } from "../support/chain.ts";
import { type House, openHouse } from "../support/house.ts";

describe("the door of a cancelled event", () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  it("admits until the event is cancelled on chain, and nobody after that", async () => {
    const fan = await house.fan();
    const gate = await house.gate();
    const { lines } = await buyAndMint(house, fan, stalls(1, 1, 2));
    const scan = async (ticketId: string) => {
      const { chainId, tickets } = house.chain.deployment;
      const id = parseTicketId(ticketId).ticketId;
      const wish = { ticketId: id, nonce: 0, chainId, tickets };
      const pass = await (await openPassSession(fan.account, wish)).codeAt();
      const body = { scanId: randomUuid(), eventId: house.eventId, gate: "Main door", pass };
      return gate.call("scan", { body });
    };
    expect((await scan(lines[0]?.ticketId ?? "")).reason).to.equal("admitted");
    await cancel();
    await house.mirror();
    expect(await scan(lines[1]?.ticketId ?? "")).to.include({
      decision: "refuse",
      reason: "event_cancelled",
    });
  });

  async function cancel(): Promise<void> {
    const { rpcUrl, tickets } = house.chain.deployment;
    const account = privateKeyToAccount(anvilAccount(ANVIL_ROLES.organiser).privateKey);
    const wallet = createWalletClient({ account, transport: http(rpcUrl) });
    const call = { address: tickets, abi: ticketsAbi, functionName: "cancelEvent" } as const;
    const args = [BigInt(house.event.eventId)] as const;
    const hash = await wallet.writeContract({ ...call, args, chain: null });
    await waitForReceipt(house.chain, hash);
  }
});
