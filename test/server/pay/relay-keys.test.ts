// Fans' signatures that several keys take on chain: by whichever has room, each once, and never more than a key may.
import { expect } from "chai";
import { generatePrivateKey } from "viem/accounts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { createMinter } from "#server/mint/mint-event.ts";
import { openMintStore } from "#server/mint/sql-mint-store.ts";
import { relayVouchers } from "#server/pay/voucher/relay-vouchers.ts";
import { createMetrics } from "#server/platform/metrics.ts";
import { leaveLanes } from "#server/platform/tx/lane.ts";
import { createLocalSigner, type Signer } from "#server/platform/tx/signer.ts";
import { openRelayOrders, type RelayOrder, type TokenHouse } from "../../support/relay-orders.ts";
import { openTokenHouse, settle } from "../../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 60_000;
/** As relay-vouchers.ts has it, for each key. */
const IN_FLIGHT_MAX = 16;

const first = createLocalSigner(anvilAccount(ANVIL_ROLES.minter).privateKey);
const second = createLocalSigner(anvilAccount(ANVIL_ROLES.fan).privateKey);
const poor = createLocalSigner(generatePrivateKey());

describe("relays by several keys", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: TokenHouse;
  let orders: ReturnType<typeof openRelayOrders>;
  before(async () => {
    house = await openTokenHouse();
    orders = openRelayOrders(house);
  });
  after(() => house.close());

  async function handIn(count: number): Promise<RelayOrder[]> {
    const made: RelayOrder[] = [];
    for (let at = 0; at < count; at += 1) {
      const order = await orders.newOrder();
      await orders.handIn(order);
      made.push(order);
    }
    return made;
  }

  function relayBy(signers: readonly [Signer, ...Signer[]], holder = "test") {
    const { db, chains, log } = house;
    const deps = { db, chains, log, holder };
    const store = openMintStore(db);
    const minter = createMinter({ ...deps, store, signers, metrics: createMetrics("test") });
    return relayVouchers(deps, minter.lanes);
  }

  /** How many relays each key has sent of these, and how many there are of each order. */
  async function sentOf(those: readonly RelayOrder[]) {
    const { rows } = await house.db.query<{ signer: string; intent: string }>({
      text: "SELECT signer, intent FROM sale.chain_tx WHERE intent LIKE 'buy order %'",
    });
    const sent = those.map(({ id }) => rows.filter(({ intent }) => intent.includes(id)));
    const by = (signer: Signer) =>
      sent.flat().filter((row) => row.signer === signer.address).length;
    return { each: sent.map((list) => list.length), first: by(first), second: by(second) };
  }

  it("are shared between the keys, each sent once, and all become tickets", async () => {
    const made = await handIn(6);
    await relayBy([first, second]);
    const { each, first: one, second: other } = await sentOf(made);
    expect(each).to.deep.equal([1, 1, 1, 1, 1, 1]);
    // Side by side each takes one at once, and then whichever is the quicker.
    expect(Math.min(one, other)).to.be.greaterThan(0);
    await settle(house);
    for (const order of made) expect((await orders.read(order)).state).to.equal("fulfilled");
  });

  it("go by the others where one key has no coin", async () => {
    const made = await handIn(5);
    await relayBy([poor, second]);
    expect(await sentOf(made)).to.deep.equal({ each: [1, 1, 1, 1, 1], first: 0, second: 5 });
  });

  it("go by the others where one key has as many under way as it may", async () => {
    await settle(house);
    const made = await handIn(IN_FLIGHT_MAX + 2);
    await relayBy([second]);
    await relayBy([second]);
    const full = await sentOf(made);
    expect(full, "the others wait").to.include({ first: 0, second: IN_FLIGHT_MAX });
    await relayBy([second, first]);
    const { each, ...by } = await sentOf(made);
    expect(by).to.deep.equal({ first: 2, second: IN_FLIGHT_MAX });
    expect(new Set(each)).to.deep.equal(new Set([1]));
  });

  it("are sent once by two processes that have a key each", async () => {
    await settle(house);
    await leaveLanes(house.db, "test");
    const made = await handIn(4);
    await Promise.all([relayBy([first, second], "one"), relayBy([second, first], "other")]);
    expect((await sentOf(made)).each).to.deep.equal([1, 1, 1, 1]);
  });
});
