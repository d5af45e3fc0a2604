// Found: the owner of a ticket in a contract wallet (ERC-1271) was told at the door that it is not theirs.
import { expect } from "chai";
import { encodeFunctionData } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { Client } from "#scripts/demo-client.ts";
import { openPassSession } from "#scripts/demo-pass.ts";
import { parseTicketId } from "#server/domain/ticket-id.ts";
import { judgeScan } from "#server/gate/judge-scan.ts";
import { type Chain, openChains } from "#server/platform/chain.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { buyAndMint, stalls } from "../support/buy.ts";
import { rpc, waitForReceipt } from "../support/chain.ts";
import { deploy, walletOf } from "../support/contract-wallet.ts";
import { type House, openHouse } from "../support/house.ts";

describe("a ticket in a contract wallet", () => {
  let house: House;
  let keeper: Client;
  let ticketId: bigint;
  before(async () => {
    house = await openHouse();
    keeper = await house.fan();
    const { lines } = await buyAndMint(house, keeper, stalls(1, 1));
    ticketId = parseTicketId(lines[0]?.ticketId ?? "").ticketId;
    const wallet = await deploy(house.chain, walletOf(keeper.account.address));
    const give = { abi: ticketsAbi, functionName: "transferFrom" } as const;
    const data = encodeFunctionData({ ...give, args: [keeper.account.address, wallet, ticketId] });
    const { address: from } = keeper.account;
    await rpc(house.chain, "anvil_setBalance", [from, "0xde0b6b3a7640000"]);
    await rpc(house.chain, "anvil_impersonateAccount", [from]);
    await send({ from, to: house.chain.deployment.tickets, data });
    await house.mirror();
  });
  after(() => house.close());

  async function send(transaction: Record<string, string>) {
    const hash = await rpc<`0x${string}`>(house.chain, "eth_sendTransaction", [transaction]);
    return waitForReceipt(house.chain, hash);
  }

  async function scan(signer: Client, chain: Chain = house.chain) {
    const { chainId, tickets } = house.chain.deployment;
    const ticket = { ticketId, nonce: 1, chainId, tickets };
    const pass = await (await openPassSession(signer.account, ticket)).codeAt();
    const staff = `0x${"5a".repeat(20)}` as const;
    const chains = new Map([[1, chain]]);
    const wish = { scanId: randomUuid(), event: house.event, gate: "Door", staff, pass };
    return judgeScan({ ...house, chains, clock: systemClock }, wish);
  }

  it("is not admitted for somebody whom the wallet does not know", async () => {
    expect((await scan(await house.fan())).reason).to.equal("not_owner");
  });

  it("is not decided while the chain cannot be asked", async () => {
    const away = { ...house.chain.deployment, rpcUrl: "http://127.0.0.1:1" };
    const chain = openChains([away]).get(1) as Chain;
    const outcome = await scan(keeper, chain).catch((error: { code: string }) => error);
    expect(outcome).to.include({ code: "chain/unreachable" });
  });

  it("is admitted for the key that the wallet accepts", async () => {
    expect((await scan(keeper)).reason).to.equal("admitted");
  });
});
