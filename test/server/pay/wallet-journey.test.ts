// From a hold to a ticket that a wallet has paid, with the worker and the indexer as they run in production.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import type { Client } from "#scripts/demo-client.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { systemClock } from "#server/platform/clock.ts";
import { randomUuid } from "#server/platform/random.ts";
import { order as makeOrder, stalls } from "../../support/buy.ts";
import { mintTokens } from "../../support/token.ts";
import { authorise } from "../../support/token-authorisation.ts";
import { requireVariable } from "../../support/variables.ts";
import {
  askVoucher,
  type CoinHouse,
  giveCoin,
  openCoinHouse,
  openTokenHouse,
  send,
} from "../../support/wallet-buyer.ts";

const root = join(import.meta.dirname, "../../..");
const SUITE_LIMIT_MS = 90_000;
const READY_LIMIT_MS = 20_000;
const MINTED_LIMIT_MS = 20_000;
const POLL_MS = 100;
const FACE_UNIT = 10_000n;

describe("a wallet's way to a ticket", function () {
  this.timeout(SUITE_LIMIT_MS);
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function run(house: CoinHouse): Promise<void> {
    closing.push(() => house.close());
    for (const script of ["server/worker.ts", "indexer/main.ts"]) {
      closing.push(await startProcess(house, script));
    }
  }

  async function minted(house: CoinHouse, fan: Client, orderId: string) {
    const endMs = systemClock.monotonicMs() + MINTED_LIMIT_MS;
    while (systemClock.monotonicMs() < endMs) {
      const found = await fan.call("getOrder", { params: { orderId } });
      if (found.state === "fulfilled") return found;
      await systemClock.sleep(POLL_MS);
    }
    throw new Error(`order ${orderId} of ${house.eventId} was not minted in time`);
  }

  it("goes by its own transaction, in the chain's coin", async () => {
    const house = await openCoinHouse();
    await run(house);
    const fan = await house.fan();
    await giveCoin(house, fan.account);
    const { id } = await makeOrder(house, fan, stalls(1, 1, 2, 3));
    const { voucher } = await askVoucher(fan, id);
    if (voucher === null) throw new Error("there is no voucher");
    const hash = await send(house, fan.account, voucher.transaction);
    const { lines } = await minted(house, fan, id);
    expect(lines.map(({ mint, txHash }) => [mint, txHash])).to.deep.equal(
      Array.from({ length: 3 }, () => ["minted", hash]),
    );
    const { owner } = await fan.call("getTicket", {
      params: { ticketId: lines[0]?.ticketId ?? "" },
    });
    expect(owner).to.equal(fan.account.address.toLowerCase());
  });

  it("goes by a signature alone, in a token", async () => {
    const house = await openTokenHouse();
    await run(house);
    const fan = await house.fan();
    const { id, total } = await makeOrder(house, fan, stalls(1, 1, 2));
    await mintTokens(house.chain, house.token, fan.account.address, BigInt(total) * FACE_UNIT);
    const { voucher } = await askVoucher(fan, id);
    if (voucher === null) throw new Error("there is no voucher");
    const authorisation = await authorise(fan.account, voucher);
    const body = { provider: "relay" as const, authorisation };
    await fan.call("createPayment", { params: { orderId: id }, body, key: randomUuid() });
    const { lines } = await minted(house, fan, id);
    expect(lines.map(({ mint }) => mint)).to.deep.equal(["minted", "minted"]);
  });
});

/** Answers how it is ended. */
async function startProcess(house: CoinHouse, script: string): Promise<() => Promise<unknown>> {
  const child = spawn(process.execPath, [join(root, script)], {
    env: {
      ...{ PATH: process.env.PATH ?? "", NODE_ENV: "development", LOG_LEVEL: "fatal" },
      ...{ PUBLIC_URL: house.url, DATABASE_URL: house.databaseUrl },
      REDIS_URL: requireVariable("TEST_REDIS_URL"),
      DEPLOYMENTS: JSON.stringify([house.chain.deployment]),
      MINTER_KEY: anvilAccount(ANVIL_ROLES.minter).privateKey,
    },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const end = new Promise<unknown>((resolve) => child.once("exit", resolve));
  try {
    await once(child, "message", { signal: AbortSignal.timeout(READY_LIMIT_MS) });
  } catch (cause) {
    child.kill("SIGKILL");
    throw new Error(`${script} did not start`, { cause });
  }
  return () => {
    child.kill("SIGTERM");
    return end;
  };
}
