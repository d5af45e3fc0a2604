// Calls every function of every contract with anything, as anybody, and sees what became of it.
import { expect } from "chai";
import { type FunctionFragment, type Interface, Result, type Signer } from "ethers";
import {
  type AllowedCall,
  allowedCalls,
  type Everything,
  everything,
  OTHER_EVENT,
} from "./allowed-calls.ts";
import { anyValue, type Chance, chanceFrom, noise, type Pool } from "./any-arguments.ts";
import { FACE } from "./office-fixture.ts";
import {
  DAY_S,
  EVENT,
  ethers,
  loadFixture,
  networkHelpers,
  POLICY,
  PRICE,
  run,
  seatId,
  time,
  ZERO,
} from "./tickets-fixture.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 7_2027);
/** Of each function at each time: a third each of its types, of passing calls, and of noise. */
const CALLS = Number(process.env.FUZZ_CALLS ?? 15);
const ROUND_LIMIT_MS = 300_000;
const CLASSES = [0, 1, 2, 3, 4];
const ALICES_TICKETS = 4n;
const NOTHING = "0x";
/** When the functions are called, in seconds after doors. */
const TIMES = { "on sale": undefined, "at doors": 0, over: 3 * DAY_S, late: 180 * DAY_S };
/** They need a token's own signatures, and are tested with them in BoxOffice.test.ts. */
const WITH_TOKENS = ["BoxOffice.buyFor", "BoxOffice.buyWithPermit"];

/** Whoever calls them, they do the same, or do it to the caller's own alone. */
const FOR_EVERYBODY = [
  ...["Tickets.permit", "Tickets.setApprovalForAll", "Splits.redirectShare", "TermsReader.read"],
  ...["Resale.buy", "Resale.distribute", "Resale.withdraw"],
  ...["BoxOffice.buy", "BoxOffice.fundRefunds", "BoxOffice.reclaimFunds", "BoxOffice.refund"],
  ...["BoxOffice.release", "BoxOffice.withdraw"],
];

type Stage = Awaited<ReturnType<typeof withTargets>>;
type Target = { name: string; address: string; face: Interface };
type Call = { caller: Signer; target: Target; method: FunctionFragment; data: string };
type Outcome = "passed" | "named" | "undecodable";

describe("Every function", function () {
  this.timeout(ROUND_LIMIT_MS);

  for (const name of [
    ...["Tickets", "Splits", "Resale", "BoxOffice"],
    ...["Renderer", "PassReader", "TermsReader"],
  ]) {
    it(`of ${name} refuses by name or leaves what is a fan's alone (seed ${SEED})`, async () => {
      const stage = await loadFixture(withTargets);
      const target = stage.targets.find((one) => one.name === name);
      if (target === undefined) throw new Error(`There is no ${name}.`);
      const chance = chanceFrom(SEED);
      const silent = new Set(target.face.fragments.flatMap(nameOf(target)));
      for (const at of Object.values(TIMES)) {
        if (at !== undefined) await time.increaseTo(stage.terms.doorsAt + at);
        const allowed = await allowedCalls(stage);
        const before = await promises(stage);
        for (const method of functionsOf(target.face)) {
          const passing = allowed[keyOf(target, method)] ?? allowed[overloadOf(target, method)];
          if (passing !== undefined && (await passes(stage, { target, method, passing }))) {
            silent.delete(keyOf(target, method));
            await refusesOthers(stage, { target, method, passing });
          }
          for (let i = 0; i < CALLS; i += 1) {
            const caller = chance.pick(stage.callers);
            const data = dataOf(stage, { target, method, chance, passing, kind: i % 3 });
            const call = { caller, target, method, data };
            const outcome = await attempt(stage, call, i % 3 === 1 ? undefined : before);
            if (outcome === "passed") silent.delete(keyOf(target, method));
            if (outcome === "undecodable" && i % 3 !== 2) {
              expect(hasUnknownPolicy(target, data), `${method.name} ${data}`).to.equal(true);
            }
          }
        }
      }
      expect([...silent], "functions that never passed").to.deep.equal(
        WITH_TOKENS.filter((each) => each.startsWith(`${name}.`)),
      );
    });
  }

  it("is noticed when it gives what is a fan's to others", async () => {
    const stage = await loadFixture(withTargets);
    const before = await promises(stage);
    await stage.tickets.connect(stage.alice).transferFrom(stage.alice, stage.bob, seatId({}));
    expect(await promises(stage)).not.to.deep.equal(before);
  });
});

function keyOf({ name }: Target, method: FunctionFragment): string {
  return `${name}.${method.name}`;
}

function overloadOf({ name }: Target, method: FunctionFragment): string {
  return `${name}.${method.format("sighash")}`;
}

function nameOf(target: Target) {
  return (fragment: { type: string }) =>
    fragment.type === "function" ? [keyOf(target, fragment as FunctionFragment)] : [];
}

/** A call that passes at some time is tried first, so that all there is can be reached. */
async function passes(
  stage: Stage,
  given: { target: Target; method: FunctionFragment; passing: AllowedCall },
): Promise<boolean> {
  const { target, method, passing } = given;
  const { caller, args, value = 0n } = passing;
  const data = target.face.encodeFunctionData(method, await resolved(args));
  const outcome = await attempt(stage, { caller, target, method, data }, undefined, value);
  return outcome === "passed";
}

/** The very call that passes is refused to whoever else makes it, unless it is for everybody. */
async function refusesOthers(
  stage: Stage,
  given: { target: Target; method: FunctionFragment; passing: AllowedCall },
): Promise<void> {
  const { target, method, passing } = given;
  if (FOR_EVERYBODY.includes(keyOf(target, method))) return;
  const data = target.face.encodeFunctionData(method, await resolved(passing.args));
  for (const caller of stage.callers) {
    if (caller === passing.caller || stage.mayAsWell(method.name, caller)) continue;
    const outcome = await attempt(stage, { caller, target, method, data }, undefined);
    expect(outcome, `${method.name} by ${await caller.getAddress()}`).to.equal("named");
  }
}

async function resolved(args: readonly unknown[]): Promise<unknown[]> {
  return Promise.all(
    args.map((value) =>
      value !== null && typeof value === "object" && "getAddress" in value
        ? (value as Signer).getAddress()
        : value,
    ),
  );
}

/** 0: values of the function's types; 1: a call that passes, but for one value; 2: noise. */
function dataOf(
  { pool }: Stage,
  given: {
    target: Target;
    method: FunctionFragment;
    chance: Chance;
    passing: AllowedCall | undefined;
    kind: number;
  },
): string {
  const { target, method, chance, passing, kind } = given;
  if (kind === 2) return ethers.concat([method.selector, noise(chance, chance.below(300))]);
  const values = method.inputs.map((type) => anyValue(type, pool, chance));
  if (kind === 1 && passing !== undefined && values.length > 0) {
    const changed = chance.below(values.length);
    const args = passing.args.map((value, index) => (index === changed ? values[index] : value));
    if (args.every((value) => !isAccount(value))) {
      return target.face.encodeFunctionData(method, args);
    }
  }
  return target.face.encodeFunctionData(method, values);
}

function isAccount(value: unknown): boolean {
  return value !== null && typeof value === "object" && "getAddress" in value;
}

/**
 * Refusals must have a name; what cannot be decoded has no data to name it with. Whatever the call
 * did is taken back, so that each one finds everything as it was.
 */
async function attempt(
  stage: Stage,
  { caller, target, method, data }: Call,
  before: unknown,
  value = 0n,
): Promise<Outcome> {
  const from = await caller.getAddress();
  const transaction = { from, to: target.address, data, value, gasLimit: 10_000_000n };
  try {
    await ethers.provider.call(transaction);
  } catch (error) {
    const answer = revertData(error);
    if (answer === NOTHING) return "undecodable";
    const found = stage.errors.get(answer.slice(0, 10));
    expect(found, `${method.name} with ${data} reverts with ${answer}`).to.not.equal(undefined);
    return "named";
  }
  if (isView(method) || before === undefined) return "passed";
  const snapshot = await networkHelpers.takeSnapshot();
  await caller.sendTransaction(transaction);
  expect(await promises(stage), `${method.name} ${data}`).to.deep.equal(before);
  await snapshot.restore();
  return "passed";
}

/** What nobody but alice may change, and what the first sale has fixed. */
async function promises(stage: Stage): Promise<unknown> {
  const { tickets, office, splits, alice, ids } = stage;
  const fans = [];
  for (const id of ids) {
    const { owner, face, nonce, gifts, since } = await tickets.ticketOf(id);
    fans.push([owner, face, nonce, gifts, since, await tickets.getApproved(id)]);
  }
  const terms = [];
  for (const eventId of [EVENT, OTHER_EVENT]) {
    const one = await tickets.eventOf(eventId);
    terms.push([one.resaleCapBps, one.royaltyBps, one.royaltyReceiver, one.currency, one.faceUnit]);
    terms.push([one.feeCapBps, one.policy, one.maxGifts, one.boxOffice, one.organiser]);
    terms.push(await splits.getFunction("splitHashOf")(eventId));
    for (const kind of CLASSES) terms.push(await office.floorOf(eventId, kind));
    // others are refunded at any time, and the organiser is paid when it is over
    const isOver = (await time.latest()) >= Number(one.doorsAt) + 3 * DAY_S;
    terms.push(isOver || (await office.escrowOf(eventId)) >= ALICES_TICKETS * FACE);
  }
  return [fans, terms, await stockOf(stage), await tickets.balanceOf(alice)];
}

/** Units move between classes and are minted, but never more than there are. */
async function stockOf({ tickets }: Stage): Promise<bigint> {
  let sum = 0n;
  for (const kind of CLASSES) {
    const [cap, minted] = await tickets.classOf(EVENT, kind);
    expect(minted <= cap, `class ${kind} has ${minted} of ${cap}`).to.equal(true);
    sum += cap;
  }
  return sum;
}

/** The one type whose values are fewer than its bits, which no name can be given to. */
function hasUnknownPolicy({ face }: Target, data: string): boolean {
  const { args } = face.parseTransaction({ data }) ?? {};
  const terms = args?.find(
    (value: unknown) => value instanceof Result && "policy" in value.toObject(),
  );
  return terms !== undefined && terms.policy > POLICY.FROZEN;
}

function functionsOf(face: Interface): FunctionFragment[] {
  const found: FunctionFragment[] = [];
  face.forEachFunction((method) => found.push(method));
  return found;
}

function isView({ stateMutability }: FunctionFragment): boolean {
  return stateMutability === "view" || stateMutability === "pure";
}

function revertData(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { data } = at as Error & { data?: unknown };
    if (typeof data === "string") return data;
    const inner = (data as { data?: unknown } | undefined)?.data;
    if (typeof inner === "string") return inner;
    const info = (at as Error & { info?: { error?: { data?: { data?: string } } } }).info;
    if (typeof info?.error?.data?.data === "string") return info.error.data.data;
  }
  throw error;
}

async function withTargets() {
  const stage = await everything();
  const { tickets, office, splits, resale, admin, minter, gate, organiser, refunder } = stage;
  const addresses = {
    Tickets: await tickets.getAddress(),
    Splits: await splits.getAddress(),
    Resale: await resale.getAddress(),
    BoxOffice: await office.getAddress(),
    Renderer: (await tickets.renderer()) as string,
    PassReader: (await tickets.PASS_READER()) as string,
    TermsReader: (await tickets.TERMS_READER()) as string,
  };
  const targets = await Promise.all(
    Object.entries(addresses).map(async ([name, address]) => {
      const { interface: face } = await ethers.getContractFactory(name);
      return { name, address, face };
    }),
  );
  const errors = new Map<string, string>();
  for (const { face } of targets)
    face.forEachError(({ selector, name }) => errors.set(selector, name));
  const { guardian, server, stranger, bob, carol, cashier } = stage;
  const callers = [admin, minter, gate, organiser, refunder, guardian, server, stranger, bob];
  const ids = [EVENT, OTHER_EVENT].flatMap((eventId) => [
    seatId({ eventId }),
    seatId({ eventId, seat: 2n }),
  ]);
  // a guardian is asked first, and the organiser stands in for it
  const mayAsWell = (method: string, caller: Signer) =>
    method === "cancelEvent" && caller === organiser;
  const all = { mayAsWell, callers: [...callers, carol, cashier], pool: poolOf(stage, ids) };
  return { ...stage, ids, targets, errors, ...all };
}

function poolOf(stage: Everything, ids: readonly bigint[]): Pool {
  const people = [stage.alice, stage.bob, stage.organiser, stage.admin, stage.stranger];
  const roles = ["MINTER_ROLE", "GATE_ROLE", "VOUCHER_ROLE", "ORGANISER_ROLE"].map(ethers.id);
  const own = [seatId({ row: 2n }), seatId({ eventId: OTHER_EVENT, row: 2n })];
  const times = [BigInt(stage.terms.doorsAt) + 60n];
  return {
    addresses: [...people.map(({ address }) => address), ZERO, stage.terms.boxOffice],
    numbers: [...ids, ...own, EVENT, OTHER_EVENT, PRICE, FACE, 5n, 24n, ...times],
    bytes: [
      NOTHING,
      run({ to: stage.bob.address, row: 9n }),
      ethers.concat([run({ to: stage.bob.address }), run({ to: stage.bob.address, row: 8n })]),
      `0x${"11".repeat(65)}`,
      `0x01${"00".repeat(178)}`,
      ...roles,
    ],
  };
}
