// Sets up a market for the tickets of one event, sold in the native coin or in a token.
import type { Addressable, BaseContract, BaseContractMethod, ContractRunner } from "ethers";
import {
  createEvent,
  EVENT,
  ethers,
  mint,
  PRICE,
  type Stage,
  seatId,
  type Terms,
  ticketsFixture,
  ZERO,
} from "./tickets-fixture.ts";
import { type Ask, askFor, domainOf, fields, signAsk } from "./tickets-messages.ts";

type Method = "buy" | "distribute" | "withdraw" | "potOf" | "creditOf" | "PUSH_GAS";
export type Resale = Omit<BaseContract, "connect"> &
  Record<Method, BaseContractMethod> & { connect(runner: ContractRunner): Resale };

export const NATIVE_FACE = PRICE * 10n ** 9n;
/** A token of six decimals counts a price in cents. */
export const TOKEN_FACE = PRICE * 10n ** 4n;
const RICH = 10n ** 12n;

export const nativeFixture = () => marketFixture({});

export async function tokenFixture() {
  const token = (await ethers.deployContract("TestToken", [6])) as unknown as BaseContract & Token;
  const stage = await marketFixture({ currency: await token.getAddress() });
  for (const buyer of [stage.bob, stage.carol]) {
    await token.mint(buyer, RICH);
    await (token.connect(buyer) as unknown as Token).approve(stage.resale, RICH);
  }
  return { ...stage, token };
}

type Token = Record<
  "mint" | "approve" | "balanceOf" | "setFee" | "setHook" | "blacklist" | "hookSucceeded",
  BaseContractMethod
>;

/** alice holds seats 1 to 3; carol receives the royalties, a tenth; a market may take 5 percent. */
export async function marketFixture(changes: Partial<Terms>) {
  const stage = await ticketsFixture();
  const terms = await createEvent(stage, { policy: 0, ...changes });
  const splits = await ethers.deployContract("Splits", [stage.tickets]);
  const made = await ethers.deployContract("Resale", [stage.tickets, splits]);
  const resale = made as unknown as Resale;
  await stage.tickets.connect(stage.organiser).setMarket(EVENT, resale, true);
  await mint(stage, { to: stage.alice.address, count: 3 });
  const split = { version: 0n, payees: [stage.carol.address], shares: [10_000] };
  return { ...stage, terms, splits, resale, split, id: seatId({}), currency: terms.currency };
}

export type Market = Awaited<ReturnType<typeof marketFixture>>;

/** An ask of alice's at this market, and her signature. */
export async function offer(
  stage: Market,
  changes: Partial<Ask> = {},
  seller: Stage["alice"] = stage.alice,
): Promise<{ ask: Ask; signature: string; value: bigint }> {
  const market = { address: await stage.resale.getAddress() };
  const { currency } = stage;
  const price = currency === ZERO ? NATIVE_FACE : TOKEN_FACE;
  const ask = await askFor({ ...stage, market }, changes.id ?? stage.id, {
    currency,
    price,
    ...changes,
  });
  const value = currency === ZERO ? ask.price : 0n;
  return { ask, signature: await signAsk(stage, seller, ask), value };
}

type Payee = Stage["alice"] | BaseContract;

/** An event's split, agreed by every payee: a contract among them has signed what it is asked. */
export async function lockSplit(
  { splits, organiser }: Pick<Market, "splits" | "organiser">,
  { eventId, payees, shares }: { eventId: bigint; payees: readonly Payee[]; shares: number[] },
) {
  const addresses = await Promise.all(payees.map((payee: Addressable) => payee.getAddress()));
  const types = { Split: fields("uint256 eventId,address[] payees,uint16[] shares") };
  const message = { eventId, payees: addresses, shares };
  const domain = await domainOf(splits, "Splits");
  const signatures = await Promise.all(
    payees.map((payee) =>
      "signTypedData" in payee ? payee.signTypedData(domain, types, message) : "0x",
    ),
  );
  const lock = splits.connect(organiser) as unknown as Record<"lockSplit", BaseContractMethod>;
  await lock.lockSplit(eventId, addresses, shares, signatures);
  return { version: 0n, payees: addresses, shares };
}
