// Calls every function of every contract with anything, as anybody, and sees what became of it.
import { expect } from "chai";
import { type FunctionFragment, type Interface, Result, type Signer } from "ethers";
import { anyValue, type Chance, chanceFrom, noise, type Pool } from "./any-arguments.ts";
import { FACE, nativeOffice, orderFor } from "./office-fixture.ts";
import {
  createEvent,
  EVENT,
  ethers,
  loadFixture,
  POLICY,
  PRICE,
  run,
  seatId,
  ZERO,
} from "./tickets-fixture.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 7_2027);
/** Of each function; half of them are made of its types, half of noise behind its name. */
const CALLS = Number(process.env.FUZZ_CALLS ?? 24);
const ROUND_LIMIT_MS = 300_000;
const CLASSES = [0, 1, 2, 3, 4];
const OTHER_EVENT = 8n;
const NOTHING = "0x";
/** How often a call passes, and is refused by name, at least; the last three have no state. */
const TALLIES = {
  Tickets: { passed: 1, named: CALLS },
  Splits: { passed: 1, named: CALLS },
  Resale: { passed: 1, named: CALLS },
  BoxOffice: { passed: 1, named: CALLS },
  Renderer: { passed: 1, named: 0 },
  PassReader: { passed: 1, named: 0 },
  // no made-up terms are ones that an event can have
  TermsReader: { passed: 0, named: 1 },
};

type Stage = Awaited<ReturnType<typeof everything>>;
type Target = { name: string; address: string; face: Interface };

describe("Every function", function () {
  this.timeout(ROUND_LIMIT_MS);

  for (const [name, least] of Object.entries(TALLIES)) {
    it(`of ${name} refuses by name or leaves what is a fan's alone (seed ${SEED})`, async () => {
      const stage = await loadFixture(everything);
      const target = stage.targets.find((one) => one.name === name);
      if (target === undefined) throw new Error(`There is no ${name}.`);
      const chance = chanceFrom(SEED);
      const tally = { passed: 0, named: 0, undecodable: 0 };
      const before = await promises(stage);
      for (const method of functionsOf(target.face)) {
        for (let i = 0; i < CALLS; i += 1) {
          const caller = chance.pick(stage.callers);
          const isTyped = i % 2 === 0;
          const data = isTyped ? typed(stage, target, method, chance) : raw(method, chance);
          const outcome = await attempt(stage, { caller, target, method, data });
          if (isTyped && outcome === "undecodable") {
            expect(hasUnknownPolicy(target, data), `${method.name} ${data}`).to.equal(true);
          }
          tally[outcome] += 1;
          if (outcome === "passed" && !isView(method)) {
            expect(await promises(stage), `${method.name} ${data}`).to.deep.equal(before);
          }
        }
      }
      expect(tally.passed, "calls that passed").to.be.at.least(least.passed);
      expect(tally.named, "calls refused by name").to.be.at.least(least.named);
    });
  }
});

/** Refusals must have a name; what cannot be decoded has no data to name it with. */
async function attempt(
  { errors }: Stage,
  call: { caller: Signer; target: Target; method: FunctionFragment; data: string },
): Promise<"passed" | "named" | "undecodable"> {
  const { caller, target, method, data } = call;
  const from = await caller.getAddress();
  const transaction = { from, to: target.address, data, gasLimit: 10_000_000n };
  try {
    await ethers.provider.call(transaction);
  } catch (error) {
    const answer = revertData(error);
    if (answer === NOTHING) return "undecodable";
    const found = errors.get(answer.slice(0, 10));
    expect(found, `${method.name} with ${data} reverts with ${answer}`).to.not.equal(undefined);
    return "named";
  }
  if (!isView(method)) await caller.sendTransaction({ ...transaction });
  return "passed";
}

/** What nobody but alice may change, and what the first sale has fixed. */
async function promises(stage: Stage): Promise<unknown> {
  const { tickets, office, splits, resale, alice, ids } = stage;
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
    terms.push(await office.escrowOf(eventId), await resale.getFunction("potOf")(eventId, ZERO));
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

function typed(stage: Stage, target: Target, method: FunctionFragment, chance: Chance): string {
  const values = method.inputs.map((type) => anyValue(type, stage.pool, chance));
  return target.face.encodeFunctionData(method, values);
}

function raw(method: FunctionFragment, chance: Chance): string {
  return ethers.concat([method.selector, noise(chance, chance.below(300))]);
}

function functionsOf(face: Interface): FunctionFragment[] {
  const found: FunctionFragment[] = [];
  face.forEachFunction((method) => {
    // alice signed nothing; what a key may do to its own role is no matter of hers
    if (!["grantRole", "acceptAdmin"].includes(method.name)) found.push(method);
  });
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

/** alice has tickets of two events in escrow and never calls; everybody else calls. */
async function everything() {
  const stage = await nativeOffice();
  const { tickets, office, alice, server } = stage;
  const boxOffice = await office.getAddress();
  await createEvent(stage, { eventId: OTHER_EVENT, boxOffice });
  const splits = await ethers.deployContract("Splits", [tickets]);
  const resale = await ethers.deployContract("Resale", [tickets, splits]);
  await tickets.connect(stage.organiser).setMarket(EVENT, resale, true);
  await tickets.connect(stage.organiser).setMarket(OTHER_EVENT, resale, true);
  for (const eventId of [EVENT, OTHER_EVENT]) {
    const { order, signature } = await orderFor(stage, { eventId });
    await office.connect(alice).buy(order, server, signature, { value: 2n * FACE });
  }
  const ids = [EVENT, OTHER_EVENT].flatMap((eventId) => [
    seatId({ eventId }),
    seatId({ eventId, seat: 2n }),
  ]);
  const renderer = await tickets.renderer();
  const reader = await tickets.PASS_READER();
  const targets = await Promise.all(
    [
      ["Tickets", await tickets.getAddress()],
      ["Splits", await splits.getAddress()],
      ["Resale", await resale.getAddress()],
      ["BoxOffice", boxOffice],
      ["Renderer", renderer],
      ["PassReader", reader],
      ["TermsReader", await tickets.TERMS_READER()],
    ].map(async ([name = "", address = ""]) => {
      const { interface: face } = await ethers.getContractFactory(name);
      return { name, address, face };
    }),
  );
  const errors = new Map<string, string>();
  for (const { face } of targets)
    face.forEachError(({ selector, name }) => errors.set(selector, name));
  const { admin, minter, gate, organiser, refunder, guardian, stranger, bob } = stage;
  const callers = [admin, minter, gate, organiser, refunder, guardian, server, stranger, bob];
  return { ...stage, splits, resale, ids, targets, errors, callers, pool: poolOf(stage, ids) };
}

function poolOf(stage: Awaited<ReturnType<typeof nativeOffice>>, ids: readonly bigint[]): Pool {
  const people = [stage.alice, stage.bob, stage.organiser, stage.admin, stage.stranger];
  const roles = ["MINTER_ROLE", "GATE_ROLE", "VOUCHER_ROLE", "ORGANISER_ROLE"].map(ethers.id);
  return {
    addresses: [...people.map(({ address }) => address), ZERO, stage.terms.boxOffice],
    numbers: [...ids, EVENT, OTHER_EVENT, PRICE, FACE, 5n, 24n, BigInt(stage.terms.doorsAt) + 60n],
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
