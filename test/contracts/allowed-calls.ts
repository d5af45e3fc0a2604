// Sets up everything that the contracts can be asked for, and names a call of each function that passes.
import type { Signer } from "ethers";
import { FACE, nativeOffice, orderFor } from "./office-fixture.ts";
import { NATIVE_FACE } from "./resale-fixture.ts";
import {
  CLASS,
  createEvent,
  DAY_S,
  EVENT,
  ethers,
  HOUR_S,
  MOOD,
  mint,
  POLICY,
  PRICE,
  run,
  seatId,
  termsFor,
  time,
  ZERO,
} from "./tickets-fixture.ts";
import { askFor, domainOf, fields, signAsk, signPermit } from "./tickets-messages.ts";

export const OTHER_EVENT = 8n;
/** Nothing of it is sold, so that all of it can still be decided. */
const UNSOLD_EVENT = 9n;
/** Its doors were moved. */
const MOVED_EVENT = 10n;
/** An account sells it, which is its box office. */
const CASH_EVENT = 11n;
const NEW_EVENT = 12n;
const ROLE = ethers.id("GATE_ROLE");
const FOLDER = "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

export type Everything = Awaited<ReturnType<typeof everything>>;
export type AllowedCall = { caller: Signer; args: readonly unknown[]; value?: bigint };

/** alice has tickets of two events in escrow and never calls; bob has some of each kind. */
export async function everything() {
  const stage = await nativeOffice();
  const { tickets, office, admin, organiser, alice, bob, carol, cashier, stranger, server } = stage;
  const asOrganiser = tickets.connect(organiser);
  const boxOffice = await office.getAddress();
  await createEvent(stage, { eventId: OTHER_EVENT, boxOffice, policy: POLICY.OPEN });
  await createEvent(stage, { eventId: UNSOLD_EVENT, boxOffice });
  await createEvent(stage, { eventId: MOVED_EVENT });
  await createEvent(stage, { eventId: CASH_EVENT, boxOffice: cashier.address });
  const splits = await ethers.deployContract("Splits", [tickets]);
  const resale = await ethers.deployContract("Resale", [tickets, splits]);
  for (const eventId of [EVENT, OTHER_EVENT]) {
    await asOrganiser.setMarket(eventId, resale, true);
    await asOrganiser.setMarket(eventId, carol, true);
    for (const [buyer, row] of [
      [alice, 1n],
      [bob, 2n],
    ] as const) {
      const runs = run({ to: buyer.address, row, count: 4 });
      const { order, signature } = await orderFor(stage, { eventId, runs });
      await office.connect(buyer).buy(order, server, signature, { value: 4n * FACE });
    }
  }
  await office.fundRefunds(EVENT, 5n, { value: 5n });
  await mint(stage, { to: bob.address, eventId: MOVED_EVENT });
  const { doorsAt } = stage.terms;
  await asOrganiser.reschedule(MOVED_EVENT, doorsAt + DAY_S);
  const funded = run({ to: bob.address, count: 2 });
  await tickets.connect(cashier).mintFunded(CASH_EVENT, CLASS.PUBLIC, PRICE, funded);
  await tickets.connect(stage.refunder).void([seatId({ eventId: CASH_EVENT })]);
  await tickets.connect(stage.refunder).void([seatId({ row: 2n, seat: 3n })]);
  await tickets.connect(admin).offerAdmin(stranger);
  const payee = await owedPayee({ ...stage, resale });
  return { ...stage, splits, resale, payee };
}

/** A contract that neither market nor box office could pay, and that takes money by now. */
async function owedPayee(stage: Awaited<ReturnType<typeof nativeOffice>> & { resale: unknown }) {
  const { tickets, office, refunder, alice, bob, server } = stage;
  const resale = stage.resale as Everything["resale"];
  const payee = await ethers.deployContract("HostilePayee");
  await payee.getFunction("feel")(MOOD.REFUSE, ZERO, "0x");
  const feeTo = await payee.getAddress();
  const id = seatId({ row: 2n, seat: 4n });
  const market = { address: await resale.getAddress() };
  const terms = { price: NATIVE_FACE, feeBps: 500, feeTo };
  const ask = await askFor({ tickets, market }, id, terms);
  const value = NATIVE_FACE;
  await resale.getFunction("buy")(ask, bob, await signAsk(stage, bob, ask), { value });
  const { order, signature } = await orderFor(stage, { runs: run({ to: feeTo, row: 3n }) });
  await office.connect(alice).buy(order, server, signature, { value: FACE });
  await tickets.connect(refunder).void([seatId({ row: 3n })]);
  await office.refund([seatId({ row: 3n })]);
  await payee.getFunction("feel")(MOOD.TAKE, ZERO, "0x");
  return feeTo;
}

/** By contract and signature; each passes in one of the times that the suite tries. */
export async function allowedCalls(stage: Everything): Promise<Record<string, AllowedCall>> {
  return { ...(await ofTickets(stage)), ...(await ofMoney(stage)) };
}

async function ofTickets(stage: Everything): Promise<Record<string, AllowedCall>> {
  const { admin, minter, gate, organiser, refunder, guardian, bob, carol, cashier } = stage;
  const { stranger, terms } = stage;
  const [kept, sold] = [seatId({ row: 2n }), seatId({ row: 2n, seat: 2n })];
  const role = (caller: Signer, account: { address: string }) => ({
    ...{ caller, args: [ROLE, account.address] },
  });
  const byBob = (...args: unknown[]) => ({ caller: bob, args });
  const byOrganiser = (...args: unknown[]) => ({ caller: organiser, args });
  // where operators may move tickets, nothing but the holder's approval stands in their way
  const open = seatId({ eventId: OTHER_EVENT, row: 2n });
  const gift = [bob.address, stranger.address, open];
  const ask = await askFor({ ...stage, market: carol }, sold);
  const permit = {
    ...{ spender: stranger.address, tokenId: kept },
    ...{ nonce: (await stage.tickets.ticketOf(kept)).nonce as bigint, deadline: ask.deadline },
  };
  const permitted = [permit.spender, kept, permit.deadline, await signPermit(stage, bob, permit)];
  const runs = run({ to: bob.address, row: 20n });
  const cashed = seatId({ eventId: CASH_EVENT });
  const calls: Record<string, AllowedCall> = {
    acceptAdmin: { caller: stranger, args: [] },
    approve: byBob(stranger.address, kept),
    cancel: byBob(kept),
    cancelEvent: { caller: guardian, args: [EVENT] },
    checkIn: { caller: gate, args: [kept] },
    checkInMany: { caller: gate, args: [[kept, sold]] },
    createEvent: byOrganiser(NEW_EVENT, await termsFor(stage)),
    giveBack: byBob(seatId({ eventId: MOVED_EVENT })),
    grantRole: role(admin, stranger),
    mintFunded: { caller: cashier, args: [CASH_EVENT, CLASS.PUBLIC, PRICE, runs] },
    mintRuns: { caller: minter, args: [EVENT, CLASS.PUBLIC, PRICE, runs] },
    offerAdmin: { caller: admin, args: [bob.address] },
    pause: { caller: guardian, args: [EVENT, 1] },
    permit: { caller: stranger, args: permitted },
    releaseUnits: byOrganiser(EVENT, CLASS.COMP, 1),
    renounceRole: role(gate, gate),
    reschedule: byOrganiser(EVENT, terms.doorsAt + 3 * DAY_S + HOUR_S),
    revokeRole: role(admin, gate),
    "safeTransferFrom(address,address,uint256)": byBob(...gift),
    "safeTransferFrom(address,address,uint256,bytes)": byBob(...gift, "0x"),
    setApprovalForAll: byBob(stranger.address, true),
    setMarket: byOrganiser(EVENT, carol.address, false),
    setMintLimit: { caller: admin, args: [ethers.id("MINTER_ROLE"), 100, HOUR_S] },
    setRenderer: { caller: admin, args: [stranger.address] },
    settle: { caller: carol, args: [ask, stranger.address, await signAsk(stage, bob, ask)] },
    takeRefund: { caller: cashier, args: [cashed] },
    transferFrom: byBob(...gift),
    unpause: { caller: admin, args: [EVENT] },
    void: { caller: refunder, args: [[kept]] },
  };
  return within("Tickets", calls);
}

async function ofMoney(stage: Everything): Promise<Record<string, AllowedCall>> {
  const { tickets, splits, resale, organiser, bob, carol, stranger, server, payee } = stage;
  const soon = (await time.latest()) + DAY_S;
  const changes = { deadline: soon, runs: run({ to: bob.address, row: 21n }) };
  const { order, signature } = await orderFor(stage, changes);
  const market = { address: await resale.getAddress() };
  const ask = await askFor({ tickets, market }, seatId({ row: 2n }), { price: NATIVE_FACE });
  const split = { version: 0n, payees: [carol.address], shares: [10_000] };
  const domain = await domainOf(splits, "Splits");
  const locked = { eventId: UNSOLD_EVENT, payees: [bob.address], shares: [10_000] };
  const agreed = await bob.signTypedData(
    domain,
    { Split: fields("uint256 eventId,address[] payees,uint16[] shares") },
    locked,
  );
  const redirect = { eventId: EVENT, version: 0n, index: 0, to: bob.address };
  const redirected = await carol.signTypedData(
    domain,
    { Redirect: fields("uint256 eventId,uint256 version,uint256 index,address to") },
    redirect,
  );
  const lock = [UNSOLD_EVENT, locked.payees, locked.shares, [agreed]];
  const byAnybody = (...args: unknown[]) => ({ caller: stranger, args });
  return {
    ...within("Splits", {
      lockSplit: { caller: organiser, args: lock },
      redirectShare: byAnybody(EVENT, split, 0, bob.address, redirected),
    }),
    ...within("Resale", {
      buy: { ...byAnybody(ask, stranger, await signAsk(stage, bob, ask)), value: NATIVE_FACE },
      distribute: byAnybody(EVENT, ZERO, split),
      withdraw: byAnybody(payee, ZERO),
    }),
    ...within("BoxOffice", {
      buy: { ...byAnybody(order, server, signature), value: FACE },
      fundRefunds: { ...byAnybody(EVENT, 7n), value: 7n },
      reclaimFunds: byAnybody(EVENT),
      refund: byAnybody([seatId({ row: 2n, seat: 3n })]),
      release: byAnybody(OTHER_EVENT),
      setFloor: { caller: organiser, args: [UNSOLD_EVENT, CLASS.PUBLIC, 5n] },
      withdraw: byAnybody(payee, ZERO),
    }),
    ...within("Renderer", { setArtwork: { caller: organiser, args: [UNSOLD_EVENT, FOLDER] } }),
    ...within("TermsReader", { read: byAnybody(NEW_EVENT, await termsFor(stage)) }),
  };
}

function within(contract: string, calls: Record<string, AllowedCall>) {
  const named = Object.entries(calls).map(([name, call]) => [`${contract}.${name}`, call] as const);
  return Object.fromEntries(named);
}
