// Holds the gas of the hot calls to what was measured, in the state that a running sale has.
import { expect } from "chai";
import type { TransactionResponse } from "ethers";
import { artifacts } from "hardhat";
import { gasSnapshot } from "./gas-snapshot.ts";
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
  termsFor,
  ticketsFixture,
  time,
} from "./tickets-fixture.ts";

/** A slot, a balance, a log and the calldata for each fresh wallet, and nothing checked. */
const FLOOR_GAS = 46_778;
const ROW_SEATS = 20;

describe("Tickets gas", () => {
  const snapshot = gasSnapshot("Tickets");

  const gasOf = async (what: string, sent: Promise<TransactionResponse>, tickets = 1) => {
    const receipt = await (await sent).wait();
    const gas = Number(receipt?.gasUsed ?? 0n) / tickets;
    report(what, gas, "gas");
    snapshot.expect(what, gas);
    return gas;
  };

  it("mints 100 tickets to 100 fresh wallets within 2 % of the floor", async () => {
    const stage = await loadFixture(runningSaleFixture);
    const runs = Array.from({ length: 100 }, (_, i) => run({ to: fan(i), ...seatAt(i) }));
    const gas = await gasOf("mint, 100 fresh, per ticket", mintAll(stage, runs), 100);
    report("  of the floor", gas / FLOOR_GAS, "x");
    expect(gas / FLOOR_GAS).to.be.at.most(1.02);
  });

  it("mints 100 tickets in 44 orders of neighbours", async () => {
    const stage = await loadFixture(runningSaleFixture);
    const gas = await gasOf("mint, queue mix, per ticket", mintAll(stage, queueMix()), 100);
    expect(gas).to.be.at.most(34_900);
  });

  it("mints 100 tickets at three prices in three transactions", async () => {
    const stage = await loadFixture(runningSaleFixture);
    const { tickets, minter } = stage;
    const runs = queueMix();
    const third = Math.ceil(runs.length / 3);
    let gas = 0;
    for (let i = 0; i < 3; i += 1) {
      const part = ethers.concat(runs.slice(i * third, (i + 1) * third));
      const price = PRICE + BigInt(i);
      const sent = await tickets.connect(minter).mintRuns(EVENT, CLASS.PUBLIC, price, part);
      gas += Number((await sent.wait())?.gasUsed ?? 0n) / 100;
    }
    report("mint, three prices, per ticket", gas, "gas");
    expect(gas).to.be.at.most(35_900);
  });

  it("creates an event", async () => {
    const stage = await loadFixture(runningSaleFixture);
    const { tickets, organiser } = stage;
    const sent = tickets.connect(organiser).createEvent(8n, await termsFor(stage));
    expect(await gasOf("create an event", sent)).to.be.at.most(205_000);
  });

  it("moves a ticket to a wallet that holds others", async () => {
    const { tickets, alice, bob } = await loadFixture(runningSaleFixture);
    const sent = tickets.connect(alice).transferFrom(alice, bob, seatId({ section: 9n }));
    expect(await gasOf("transfer, known wallet", sent)).to.be.at.most(43_000);
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
    expect(await gasOf("check-in, 100 at once, per ticket", many, 100)).to.be.at.most(7_050);
  });

  it("fits the contract size limit", async () => {
    const { tickets, admin } = await loadFixture(runningSaleFixture);
    const code = await tickets.getDeployedCode();
    const bytes = ethers.dataLength(code ?? "0x");
    report("bytecode", bytes, "bytes");
    snapshot.expect("bytecode, bytes", bytes);
    expect(bytes).to.be.at.most(24_576);
    for (const name of ["BoxOffice", "Resale", "Splits", "Renderer", "PassReader", "TermsReader"]) {
      const { deployedBytecode } = await artifacts.readArtifact(name);
      expect(ethers.dataLength(deployedBytecode), name).to.be.at.most(24_576);
    }
    const factory = await ethers.getContractFactory("Tickets");
    await gasOf("deployment", admin.sendTransaction(await factory.getDeployTransaction(admin)));
  });
});

/** Counters are not at zero, and two wallets hold two tickets each. */
async function runningSaleFixture() {
  const stage = await ticketsFixture();
  await createEvent(stage, { policy: POLICY.MARKET_ONLY, maxGifts: 1 });
  await mint(stage, { to: stage.alice.address, section: 9n, count: 2 });
  await mint(stage, { to: stage.bob.address, section: 9n, seat: 3n, count: 2 });
  return stage;
}

/** What a queue sends: orders of 1 to 4 neighbours; an order that crosses rows is two runs. */
function queueMix(): string[] {
  const orderSizes = [1, 2, 2, 4, 2, 1, 3, 2, 4, 2] as const;
  const runs: string[] = [];
  for (let at = 0, order = 0; at < 100; order += 1) {
    const end = Math.min(at + (orderSizes[order % orderSizes.length] ?? 1), 100);
    while (at < end) {
      const count = Math.min(end - at, ROW_SEATS - (at % ROW_SEATS));
      runs.push(run({ to: fan(order), count, ...seatAt(at) }));
      at += count;
    }
  }
  return runs;
}

function mintAll(
  { tickets, minter }: Awaited<ReturnType<typeof ticketsFixture>>,
  runs: string[],
): Promise<TransactionResponse> {
  return tickets.connect(minter).mintRuns(EVENT, CLASS.PUBLIC, PRICE, ethers.concat(runs));
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
