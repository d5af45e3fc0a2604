// Compares one live collection with this checkout and its record, and names each difference.
import { Contract, type JsonRpcProvider } from "ethers";
import { Stop } from "../stop.ts";
import { compareCode } from "./compare-code.ts";
import { compareRoles } from "./compare-roles.ts";
import { compareState } from "./compare-state.ts";
import { creationHash, INNER_PARTS, interfaceOf, PARTS } from "./contracts.ts";
import { type Difference, withoutRepeats } from "./difference.ts";
import { type Hex, LIMITED, type MintLimit, roleName, roleOf } from "./duties.ts";
import { makePlan } from "./plan.ts";
import { addressesOf, type DeploymentRecord } from "./record.ts";
import { nothingYet, type Replayed, replay } from "./replay.ts";

export type VerifyOptions = {
  provider: JsonRpcProvider;
  record: DeploymentRecord;
  /** How far the hand-over should be: made, or offered and not yet accepted. */
  handover: "accepted" | "offered";
  rangeBlocks?: number | undefined;
};

/** Everything is asked at one block, so that no answer is of another moment. */
export async function verifyCollection(options: VerifyOptions): Promise<Difference[]> {
  const { provider, record } = options;
  const { chainId, duties } = record;
  const at = addressesOf(record);
  const { replayed, head } = await replayToHead(options, at.tickets);
  const differences: Difference[] = compareAddresses(record);
  for (const part of [...PARTS, ...INNER_PARTS]) {
    const code = (await provider.getCode(at[part], head)) as Hex;
    differences.push(...compareCode(part, { code, chainId, at }));
  }
  const isOffered = options.handover === "offered" && record.admin !== record.deployer;
  const admin = isOffered ? record.deployer : record.admin;
  const offer = isOffered ? { to: record.admin, acceptFrom: record.acceptFrom } : undefined;
  differences.push(...(await compareState({ chainId, at, admin, offer }, { provider, head })));
  // Other code could answer anything, and is named already.
  const isOurs = !differences.some(({ what }) => what === "tickets.code");
  const tickets = isOurs ? new Contract(at.tickets, interfaceOf("tickets"), provider) : undefined;
  const { holders } = replayed;
  differences.push(...(await compareRoles({ tickets, head, holders, admin, duties })));
  if (isOurs) requireFromConstructor(record, replayed);
  differences.push(...compareLimits(record, replayed));
  const block = await provider.getBlock(head);
  if (block === null) throw new Stop(`The node lost its own block ${head}.`, "Ask another node.");
  differences.push(...comparePauses(replayed, BigInt(block.timestamp)));
  return withoutRepeats(differences);
}

/**
 * The long part comes first, and what was mined meanwhile after it: many nodes keep the state of
 * the last 128 blocks only, which a fast chain makes in half a minute.
 */
async function replayToHead(
  { provider, record, rangeBlocks }: VerifyOptions,
  tickets: Hex,
): Promise<{ replayed: Replayed; head: number }> {
  const into = nothingYet();
  const before = await provider.getBlockNumber();
  const scan = { provider, tickets, into, rangeBlocks };
  await replay({ ...scan, from: record.startBlock, to: before });
  const head = Math.max(before, await provider.getBlockNumber());
  await replay({ ...scan, from: before + 1, to: head });
  return { replayed: into, head };
}

/** Whoever got a role before the first log that is read would go unseen. */
function requireFromConstructor({ startBlock }: DeploymentRecord, replayed: Replayed): void {
  if (replayed.isFromConstructor === true) return;
  throw new Stop(
    `The logs from block ${startBlock} on do not begin with the collection's creation.`,
    "The record's startBlock is too late, or the node lost logs; correct it, or ask another node.",
  );
}

/** The address is a hash of code, arguments and salt: it tells whether those are recorded. */
function compareAddresses(record: DeploymentRecord): Difference[] {
  const { method, collection, deployer, contracts } = record;
  if (method !== "create2") return [];
  // Made from other sources: then the code says how it differs.
  if (PARTS.some((part) => contracts[part].creationHash !== creationHash(part))) return [];
  const { parts } = makePlan({ method, collection, deployer, nonce: 0 });
  return parts.flatMap(({ part, address: expected }) => {
    const { address: found } = contracts[part];
    if (found === expected) return [];
    return [{ what: `${part}.address`, expected, found }];
  });
}

function compareLimits(record: DeploymentRecord, { limits }: Replayed): Difference[] {
  const text = ({ tickets, windowSeconds }: MintLimit) =>
    `${tickets} tickets in ${windowSeconds} s`;
  return LIMITED.flatMap((duty) => {
    const expected = text(record.limits[duty]);
    const on = limits.get(roleOf(duty));
    const found =
      on === undefined
        ? "none"
        : text({ tickets: Number(on.tickets), windowSeconds: Number(on.windowSeconds) });
    const what = `tickets.mintLimit.${roleName(duty)}`;
    return expected === found ? [] : [{ what, expected, found }];
  });
}

function comparePauses({ pauses }: Replayed, now: bigint): Difference[] {
  const running = [...pauses].filter(([, { actions, until }]) => actions !== 0n && until > now);
  return running.map(([eventId, { actions, until }]) => {
    const names = ["mint", "gift", "sale"].filter(
      (_, bit) => (actions & (1n << BigInt(bit))) !== 0n,
    );
    const end = new Date(Number(until) * 1_000).toISOString();
    const found = `${names.join(" and ")} until ${end}`;
    return { what: `tickets.event ${eventId}.pause`, expected: "none", found };
  });
}
