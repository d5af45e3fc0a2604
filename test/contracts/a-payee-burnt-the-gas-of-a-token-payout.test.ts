// Checks that payees whom a token calls back cannot burn the gas of those who come after them.
import { expect } from "chai";
import type { Resale } from "./resale-fixture.ts";
import { offer, TOKEN_FACE } from "./resale-fixture.ts";
import {
  createEvent,
  EVENT,
  ethers,
  loadFixture,
  mint,
  seatId,
  ticketsFixture,
  ZERO,
} from "./tickets-fixture.ts";
import { domainOf, fields } from "./tickets-messages.ts";

/** A transaction can bring no more (EIP-7825). */
const GAS_MAX = 2n ** 24n;
const BURN = 2;
const TAKE = 0;

describe("Resale", () => {
  it("pays everybody else when payees burn all gas that a token's call gives them", async () => {
    const stage = await loadFixture(burningFixture);
    const { resale, token, split, burners, carol } = stage;
    const pot: bigint = await resale.potOf(EVENT, token);
    await resale.distribute(EVENT, token, split, { gasLimit: GAS_MAX });
    expect(await token.getFunction("balanceOf")(carol)).to.equal(pot / 2n);
    for (const burner of burners) {
      expect(await resale.creditOf(burner, token)).to.equal(pot / 4n);
      await burner.getFunction("feel")(TAKE, ZERO, "0x");
      await resale.withdraw(burner, token);
      expect(await token.getFunction("balanceOf")(burner)).to.equal(pot / 4n);
    }
  });
});

/** A ticket was resold; half of the royalty is carol's, the rest two wallets' that burn gas. */
async function burningFixture() {
  const stage = await ticketsFixture();
  const { tickets, organiser, alice, bob, carol } = stage;
  const token = await ethers.deployContract("CallingToken");
  const currency = await token.getAddress();
  await createEvent(stage, { policy: 0, currency });
  const splits = await ethers.deployContract("Splits", [tickets]);
  const made = await ethers.deployContract("Resale", [tickets, splits]);
  const resale = made as unknown as Resale;
  await tickets.connect(organiser).setMarket(EVENT, resale, true);
  const burners = [await burner(token), await burner(token)];
  const payees = await Promise.all([...burners, carol].map((payee) => payee.getAddress()));
  const split = { version: 0n, payees, shares: [2_500, 2_500, 5_000] };
  const types = { Split: fields("uint256 eventId,address[] payees,uint16[] shares") };
  const message = { eventId: EVENT, payees, shares: split.shares };
  const signature = await carol.signTypedData(await domainOf(splits, "Splits"), types, message);
  const signatures = ["0x", "0x", signature];
  const { lockSplit } = splits.connect(organiser) as unknown as Record<"lockSplit", Lock>;
  await lockSplit(EVENT, payees, split.shares, signatures);
  await mint(stage, { to: alice.address });
  await token.getFunction("mint")(bob, TOKEN_FACE);
  await (token.connect(bob) as typeof token).getFunction("approve")(resale, TOKEN_FACE);
  const market = { ...stage, splits, resale, split, id: seatId({}), currency };
  const sale = await offer(market as unknown as Parameters<typeof offer>[0]);
  await resale.connect(bob).buy(sale.ask, bob, sale.signature);
  return { ...stage, token, resale, split, burners };
}

type Lock = (...args: unknown[]) => Promise<unknown>;

async function burner(token: { getFunction(name: string): Lock }) {
  const payee = await ethers.deployContract("HostilePayee");
  await payee.getFunction("feel")(BURN, ZERO, "0x");
  await token.getFunction("register")(payee);
  return payee;
}
