// Holds the gas of the hot calls to what was measured, in the state that a running sale has.
import { expect } from "chai";
import type { TransactionResponse } from "ethers";
import {
  CLASS,
  createEvent,
  EVENT,
  ethers,
  loadFixture,
  mint,
  POLICY,
  PRICE,
  run,
  seatId,
  ticketsFixture,
  time,
} from "./tickets-fixture.ts";

/** One slot and one balance per fresh wallet, one log, calldata and base; executed without checks. */
const FLOOR_GAS = 46_778;
const ROW_SEATS = 20;

describe("Tickets gas", () => {
  it("mints 100 tickets to 100 fresh wallets within 2 % of the floor", async () => {
    const stage = await loadFixture(runningSaleFixture);
    const runs = Array.from({ length: 100 }, (_, i) => run({ to: fan(i), ...seatAt(i) }));
    const gas = await gasOf("mint, 100 fresh, per ticket", mintAll(stage, runs), 100);
    report("  of the floor", gas / FLOOR_GAS, "x");
    expect(gas / FLOOR_GAS).to.be.at.most(1.02);
  });

  it("mints 100 tickets in 44 orders of neighbours", async () => {
    const stage = await loadFixture(runningSaleFixture);
    const sizes = [1, 2, 2, 4, 2, 1, 3, 2, 4, 2];
    const runs: string[] = [];
    for (let at = 0, order = 0; at < 100; order += 1) {
      const count = Math.min(sizes[order % sizes.length] ?? 1, 100 - at, ROW_SEATS - (at % 20));
      runs.push(run({ to: fan(order), count, ...seatAt(at) }));
      at += count;
    }
    const gas = await gasOf("mint, queue mix, per ticket", mintAll(stage, runs), 100);
    expect(gas).to.be.at.most(36_000);
  });

  it("moves a ticket to a wallet that holds others", async () => {
    const { tickets, alice, bob } = await loadFixture(runningSaleFixture);
    const sent = tickets.connect(alice).transferFrom(alice, bob, seatId({ section: 9n }));
    expect(await gasOf("transfer, known wallet", sent)).to.be.at.most(44_000);
  });

  it("checks in one ticket, and a hundred at once", async () => {
    const stage = await loadFixture(runningSaleFixture);
    const { tickets, gate } = stage;
    const runs = Array.from({ length: 100 }, (_, i) => run({ to: fan(i), ...seatAt(i) }));
    await mintAll(stage, runs);
    await time.increaseTo((await tickets.eventOf(EVENT)).doorsAt);
    const one = tickets.connect(gate).checkIn(seatId({ section: 9n }));
    expect(await gasOf("check-in, one", one)).to.be.at.most(38_000);
    const ids = Array.from({ length: 100 }, (_, i) => seatId(seatAt(i)));
    const many = tickets.connect(gate).checkInMany(ids);
    expect(await gasOf("check-in, 100 at once, per ticket", many, 100)).to.be.at.most(8_000);
  });

  it("fits the contract size limit with room for what is still to come", async () => {
    const { tickets } = await loadFixture(runningSaleFixture);
    const code = await tickets.getDeployedCode();
    const bytes = ethers.dataLength(code ?? "0x");
    report("bytecode", bytes, "bytes");
    expect(bytes).to.be.at.most(18_000);
  });
});

/** Counters are not at zero, and two wallets hold two tickets each. */
async function runningSaleFixture() {
  const stage = await ticketsFixture();
  await createEvent(stage, { policy: POLICY.OPEN });
  await mint(stage, { to: stage.alice.address, section: 9n, count: 2 });
  await mint(stage, { to: stage.bob.address, section: 9n, seat: 3n, count: 2 });
  return stage;
}

function mintAll(
  { tickets, minter }: Awaited<ReturnType<typeof ticketsFixture>>,
  runs: string[],
): Promise<TransactionResponse> {
  return tickets.connect(minter).mintRuns(EVENT, CLASS.PUBLIC, PRICE, ethers.concat(runs));
}

async function gasOf(what: string, sent: Promise<TransactionResponse>, tickets = 1) {
  const receipt = await (await sent).wait();
  const gas = Number(receipt?.gasUsed ?? 0n) / tickets;
  report(what, gas, "gas");
  return gas;
}

function report(what: string, value: number, unit: string): void {
  const figure = value.toLocaleString("en", { maximumFractionDigits: 4 });
  process.stdout.write(`      ${what}: ${figure} ${unit}\n`);
}

function fan(index: number): string {
  return ethers.dataSlice(ethers.id(`fan/${index}`), 0, 20);
}

function seatAt(index: number) {
  return { row: BigInt(1 + Math.floor(index / ROW_SEATS)), seat: BigInt(1 + (index % ROW_SEATS)) };
}
