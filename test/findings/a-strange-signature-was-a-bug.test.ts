// Found: an authorisation whose signature is none (v of 2, r of zero) was answered with a 500.
import { expect } from "chai";
import { expectProblem } from "../support/refusals.ts";
import { openRelayOrders, type TokenHouse } from "../support/relay-orders.ts";
import { openTokenHouse } from "../support/wallet-buyer.ts";

const SUITE_LIMIT_MS = 60_000;
const WORD = 64;
const CURVE_ORDER = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

describe("an authorisation with a signature that is none", function () {
  this.timeout(SUITE_LIMIT_MS);
  let house: TokenHouse;
  let orders: ReturnType<typeof openRelayOrders>;
  before(async () => {
    house = await openTokenHouse();
    orders = openRelayOrders(house);
  });
  after(() => house.close());

  it("is declined, and nothing is kept of it", async () => {
    const order = await orders.newOrder();
    const own = await orders.sign(order);
    const [r, s] = [own.signature.slice(2, 2 + WORD), own.signature.slice(2 + WORD, 2 + 2 * WORD)];
    const [zero, most] = ["0".repeat(WORD), "f".repeat(WORD)];
    const strange = [
      ...["02", "1a", "1d", "7f", "ff"].map((v) => `${r}${s}${v}`),
      ...[zero, CURVE_ORDER, most].flatMap((word) => [`${word}${s}1b`, `${r}${word}1b`]),
      ...[`${zero}${zero}00`, `${most}${most}ff`],
    ];
    for (const signature of strange) {
      const given = { ...own, signature: `0x${signature}` as const };
      await expectProblem(orders.hand(order, given), "pay/declined");
    }
    for (const [validAfter, validBefore] of [
      [0, 0],
      [own.validBefore, own.validBefore],
      [Number.MAX_SAFE_INTEGER, own.validBefore],
      [0, 8_640_000_000_000],
    ] as const) {
      await expectProblem(orders.hand(order, { ...own, validAfter, validBefore }), "pay/declined");
    }
    expect(await orders.relayOf(order)).to.deep.equal({ relay: null, sent: 0, tx: null });
  });

  it("counts with the recovery number of either kind", async () => {
    const order = await orders.newOrder();
    const own = await orders.sign(order);
    const v = Number.parseInt(own.signature.slice(-2), 16) - 27;
    const signature = `${own.signature.slice(0, -2)}0${v}` as const;
    await orders.hand(order, { ...own, signature: signature as `0x${string}` });
    expect(await orders.relayOf(order)).to.include({ relay: "waiting" });
  });
});
