// Sets up a chain with the tickets contract, its keys and an event for the contract tests.
import type { BaseContract, BaseContractMethod, ContractRunner } from "ethers";
import { network } from "hardhat";
import type { ticketsAbi } from "#contracts/abi/tickets.ts";

const connection = await network.create("osaka");
// A failed test can leave a transaction that nobody awaits; polling for it would keep mocha alive.
after(() => connection.close());

export const { ethers, networkHelpers } = connection;
export const { loadFixture, time } = networkHelpers;

type Method = Extract<(typeof ticketsAbi)[number], { type: "function" }>["name"];
type SafeTransfer =
  | "safeTransferFrom(address,address,uint256)"
  | "safeTransferFrom(address,address,uint256,bytes)";

/** The contract with exactly the methods of its interface. */
export type Tickets = Omit<BaseContract, "connect"> &
  Record<Method | SafeTransfer, BaseContractMethod> & { connect(runner: ContractRunner): Tickets };

export const EVENT = 7n;
export const DAY_S = 86_400;
export const HOUR_S = 3_600;
export const PRICE = 12_500n;
const PLAN_HASH = ethers.id("seating plan");
export const ZERO = ethers.ZeroAddress;

export const POLICY = { OPEN: 0, GIFT: 1, MARKET_ONLY: 2, FROZEN: 3 } as const;
export const CLASS = { PUBLIC: 0, PRESALE: 1, ARTIST: 2, SPONSOR: 3, COMP: 4 } as const;
export const FLAG = {
  USED: 1n,
  APPROVED: 2n,
  VOID: 4n,
  FUNDED: 8n,
  RESOLD: 16n,
  CARD: 32n,
  LOCKED: 64n,
  SPARE: 128n,
} as const;

/** What a HostilePayee does with money. */
export const MOOD = { TAKE: 0, REFUSE: 1, BURN: 2, BOMB: 3, REENTER: 4 } as const;

/** Bit offsets of the owner's slot, written down again: they are a promise to gates and proofs. */
export const AT = { face: 160n, nonce: 208n, gifts: 220n, flags: 224n, since: 232n } as const;

const WORDS_SLOT = 0n;

/** The contract without events; everybody's account by name. */
export async function ticketsFixture() {
  const signers = await ethers.getSigners();
  const people = {
    admin: signers[0]!,
    minter: signers[1]!,
    gate: signers[2]!,
    organiser: signers[3]!,
    refunder: signers[4]!,
    alice: signers[5]!,
    bob: signers[6]!,
    carol: signers[7]!,
    stranger: signers[8]!,
    guardian: signers[9]!,
    cashier: signers[10]!,
    market: signers[11]!,
  };
  const { admin, minter, gate, organiser, refunder, guardian } = people;
  const tickets = (await ethers.deployContract("Tickets", [admin])) as unknown as Tickets;
  const duties = { MINTER_ROLE: minter, GATE_ROLE: gate, ORGANISER_ROLE: organiser } as const;
  const others = { REFUNDER_ROLE: refunder, GUARDIAN_ROLE: guardian };
  for (const [role, account] of Object.entries({ ...duties, ...others })) {
    await tickets.grantRole(ethers.id(role), account);
  }
  return { tickets, ...people };
}

export type Stage = Awaited<ReturnType<typeof ticketsFixture>>;

/** As ticketsFixture, with event 7: doors in 30 days, the default policy, 1,000 units a class. */
export async function eventFixture() {
  const stage = await ticketsFixture();
  const terms = await createEvent(stage);
  return { ...stage, terms };
}

/** As eventFixture; alice holds seats 1 to 3 of row 1, section 1. */
export async function soldFixture() {
  const stage = await eventFixture();
  await mint(stage, { to: stage.alice.address, count: 3 });
  return { ...stage, id: seatId({}) };
}

export async function termsFor(stage: Stage) {
  return {
    organiser: stage.organiser.address,
    doorsAt: (await time.latest()) + 30 * DAY_S,
    freezeAt: 0,
    policy: POLICY.MARKET_ONLY as number,
    maxGifts: 1,
    resaleCapBps: 11_000,
    royaltyBps: 1_000,
    royaltyReceiver: stage.carol.address,
    planHash: PLAN_HASH,
    caps: [1_000, 1_000, 1_000, 1_000, 1_000],
    currency: ZERO,
    boxOffice: stage.cashier.address,
    feeCapBps: 500,
    lockMinutes: 0,
    cooldownMinutes: 0,
  };
}

export type Terms = Awaited<ReturnType<typeof termsFor>>;

/** Creates an event and answers its terms with the freeze resolved. */
export async function createEvent(
  stage: Stage,
  { eventId = EVENT, ...changes }: Partial<Terms> & { eventId?: bigint } = {},
): Promise<Terms> {
  const terms = { ...(await termsFor(stage)), ...changes };
  await stage.tickets.connect(stage.organiser).createEvent(eventId, terms);
  return { ...terms, freezeAt: terms.freezeAt || terms.doorsAt - 2 * HOUR_S };
}

export type Seat = {
  eventId?: bigint;
  issue?: bigint;
  section?: bigint;
  row?: bigint;
  seat?: bigint;
};

export function seatId({ eventId = EVENT, ...seat }: Seat): bigint {
  return (eventId << 40n) | seatKey(seat);
}

function seatKey({ issue = 0n, section = 1n, row = 1n, seat = 1n }: Seat): bigint {
  return (issue << 36n) | (section << 24n) | (row << 12n) | seat;
}

/** One 26-byte record of a mint. */
export function run({ to, count = 1, ...seat }: Seat & { to: string; count?: number }): string {
  return ethers.solidityPacked(["address", "uint40", "uint8"], [to, seatKey(seat), count]);
}

/** Mints one run of the public class as the minter. */
export function mint(stage: Stage, seats: Seat & { to: string; count?: number }) {
  const { tickets, minter } = stage;
  return tickets.connect(minter).mintRuns(seats.eventId ?? EVENT, CLASS.PUBLIC, PRICE, run(seats));
}

export async function wordOf({ tickets }: Stage, id: bigint): Promise<bigint> {
  return BigInt(await networkHelpers.getStorageAt(await tickets.getAddress(), wordSlot(id)));
}

/** As EIP-7702 does it, and undone: a fixture made later would find the account refusing money. */
export async function whileDelegated(account: string, act: () => Promise<unknown>): Promise<void> {
  const deaf = await ethers.deployContract("DeafWallet");
  const delegation = ethers.concat(["0xef0100", await deaf.getAddress()]);
  await ethers.provider.send("hardhat_setCode", [account, delegation]);
  try {
    await act();
  } finally {
    await ethers.provider.send("hardhat_setCode", [account, "0x"]);
  }
}

/** Writes a ticket's slot: the only way to reach states whose functions come with other modules. */
export async function writeWord({ tickets }: Stage, id: bigint, word: bigint): Promise<void> {
  await networkHelpers.setStorageAt(await tickets.getAddress(), wordSlot(id), word);
}

function wordSlot(id: bigint): string {
  const encoded = ethers.AbiCoder.defaultAbiCoder().encode(
    ["uint256", "uint256"],
    [id, WORDS_SLOT],
  );
  return ethers.keccak256(encoded);
}
