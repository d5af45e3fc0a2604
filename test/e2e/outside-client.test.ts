// Runs the example of docs/contracts.md, which knows nothing of this project, against a new chain.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { Contract, JsonRpcProvider, solidityPacked, Wallet, ZeroAddress, ZeroHash } from "ethers";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { deployDevelopment } from "#scripts/deployment/deploy-development.ts";
import { addressesOf } from "#scripts/deployment/record.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { repositoryRoot } from "#scripts/services/packages.ts";
import { type Services, startServices } from "#scripts/services/start-services.ts";
import { removeTemporary, temporaryHome } from "../support/launcher.ts";

const EXAMPLE = join(repositoryRoot, "docs/examples/outside-client.mjs");
const EVENT_ID = 7;
const TICKET_ID = (BigInt(EVENT_ID) << 40n) | (1n << 24n) | (1n << 12n) | 1n;
const DAY_S = 86_400;
const RUN_LIMIT_MS = 60_000;

describe("outside client", function () {
  this.timeout(120_000);
  let home: string;
  let services: Services;

  before(async () => {
    home = temporaryHome();
    const want = { postgres: false, redis: false, chain: true };
    services = await startServices({ home, want, blockTimeMs: 250 });
  });

  after(async () => {
    await services?.stop();
    removeTemporary(home);
  });

  it("imports nothing of this project", () => {
    const imports = readFileSync(EXAMPLE, "utf8").matchAll(/\bfrom "([^"]+)"|import\("([^"]+)"\)/g);
    const names = [...imports].map(([, from, dynamic]) => from ?? dynamic);
    expect(names).to.deep.equal(["node:crypto", "ethers"]);
  });

  it("sells a ticket and has its pass admitted, and the former holder's refused", async () => {
    const { tickets, resale } = await sale(services.rpcUrl);
    const lines = await runExample({
      RPC_URL: services.rpcUrl,
      TICKETS: tickets,
      RESALE: resale,
      TICKET_ID: String(TICKET_ID),
      SELLER_KEY: fan(0).privateKey,
      BUYER_KEY: fan(1).privateKey,
    });
    expect(lines.map(({ step }) => step)).to.deep.equal(["domain", "ask", "sold", "pass"]);
    const [domain, , sold, pass] = lines;
    expect(domain).to.include({ name: "Stagedoor Tickets", version: "1" });
    expect(sold).to.include({ owner: fan(1).address, buyer: fan(1).address });
    expect(pass).to.include({ bytes: 179, admissible: true, ofTheFormerHolder: false });
  });

  it("finds in the document the domain and types of every contract", async () => {
    const text = readFileSync(join(repositoryRoot, "docs/contracts.md"), "utf8");
    for (const [path, name] of [
      ["contracts/libraries/Ask.sol", "Ask"],
      ["contracts/libraries/Voucher.sol", "Voucher"],
      ["contracts/PassReader.sol", "GateSession"],
      ["contracts/TicketSale.sol", "Permit"],
      ["contracts/Splits.sol", "Split"],
      ["contracts/Splits.sol", "Redirect"],
    ] as const) {
      const source = readFileSync(join(repositoryRoot, path), "utf8").replace(/"\s*"/g, "");
      const type = new RegExp(`"(${name}\\([^"]*\\))"`).exec(source)?.[1];
      expect(type, `${path} has no type ${name}`).to.not.equal(undefined);
      expect(text, `docs/contracts.md says otherwise than ${path}`).to.include(type);
    }
    for (const abi of [splitsAbi, boxOfficeAbi]) {
      expect(JSON.stringify(abi)).to.include("eip712Domain");
    }
  });
});

/** A fan holds one ticket of an event whose resale market is open. */
async function sale(rpcUrl: string): Promise<{ tickets: string; resale: string }> {
  const minter = anvilAccount(ANVIL_ROLES.minter);
  const organiser = anvilAccount(ANVIL_ROLES.organiser);
  const note = () => undefined;
  const store = { read: () => undefined, write: note };
  const record = await deployDevelopment({ rpcUrl, collection: "outside", store, note });
  const { tickets, resale } = addressesOf(record);
  const provider = new JsonRpcProvider(rpcUrl);
  try {
    const { timestamp } = (await provider.getBlock("latest")) ?? { timestamp: 0 };
    const asOrganiser = new Contract(
      tickets,
      ticketsAbi,
      new Wallet(organiser.privateKey, provider),
    );
    const terms = termsOf(organiser.address, timestamp + 30 * DAY_S);
    await (await asOrganiser.getFunction("createEvent")(EVENT_ID, terms)).wait();
    await (await asOrganiser.getFunction("setMarket")(EVENT_ID, resale, true)).wait();
    const asMinter = new Contract(tickets, ticketsAbi, new Wallet(minter.privateKey, provider));
    const seat = TICKET_ID & (2n ** 40n - 1n);
    const runs = solidityPacked(["address", "uint40", "uint8"], [fan(0).address, seat, 1]);
    await (await asMinter.getFunction("mintRuns")(EVENT_ID, 0, 12_500, runs)).wait();
  } finally {
    provider.destroy();
  }
  return { tickets, resale };
}

function termsOf(organiser: `0x${string}`, doorsAt: number) {
  return {
    organiser,
    doorsAt,
    freezeAt: 0,
    policy: 2 as const,
    maxGifts: 1,
    resaleCapBps: 11_000,
    royaltyBps: 1_000,
    royaltyReceiver: organiser,
    planHash: ZeroHash as `0x${string}`,
    caps: [10, 0, 0, 0, 0] as const,
    currency: ZeroAddress as `0x${string}`,
    boxOffice: ZeroAddress as `0x${string}`,
    feeCapBps: 500,
    lockMinutes: 0,
    cooldownMinutes: 0,
  };
}

function fan(index: number) {
  return anvilAccount(ANVIL_ROLES.fan + index);
}

async function runExample(env: Record<string, string>): Promise<Record<string, unknown>[]> {
  const options = { env: { PATH: process.env.PATH ?? "", ...env }, timeout: RUN_LIMIT_MS };
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE], options);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
