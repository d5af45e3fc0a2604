// Compares who may do what with who should: every expected holder, and nobody else.
import type { Contract } from "ethers";
import { Stop } from "../stop.ts";
import { type Difference, list } from "./difference.ts";
import { ADMIN_ROLE, DUTIES, type Duties, type Hex, nameOfRole, roleOf } from "./duties.ts";

export async function compareRoles(options: {
  /** Where the logs are held against the state; none where that would say nothing. */
  tickets: Contract | undefined;
  head: number;
  holders: ReadonlyMap<string, ReadonlySet<Hex>>;
  /** Whom the record names as the admin. */
  admin: Hex;
  duties: Duties;
}): Promise<Difference[]> {
  const { tickets, head, holders, admin, duties } = options;
  const expected = new Map<string, Hex>([
    [ADMIN_ROLE, admin],
    ...DUTIES.map((duty): [string, Hex] => [roleOf(duty), duties[duty]]),
  ]);
  const differences: Difference[] = [];
  for (const role of new Set([...expected.keys(), ...holders.keys()])) {
    const wanted = expected.get(role);
    const found = [...(holders.get(role) ?? [])];
    if (tickets !== undefined) await requireConsistent({ tickets, head, role, found, wanted });
    if (found.length === (wanted === undefined ? 0 : 1) && found[0] === wanted) continue;
    const what = `tickets.${nameOfRole(role)}`;
    differences.push({ what, expected: wanted ?? "nobody", found: list(found) });
  }
  return differences;
}

/** A node that lost old logs would hide an extra holder, so its state is asked as well. */
async function requireConsistent(given: {
  tickets: Contract;
  head: number;
  role: string;
  found: readonly Hex[];
  wanted: Hex | undefined;
}): Promise<void> {
  const { tickets, head, role, found, wanted } = given;
  const hasRole = tickets.getFunction("hasRole");
  for (const account of new Set([...found, ...(wanted === undefined ? [] : [wanted])])) {
    const held: boolean = await hasRole.staticCall(role, account, { blockTag: head });
    if (held === found.includes(account)) continue;
    const [logs, state] = held ? ["does not hold", "holds"] : ["holds", "does not hold"];
    throw new Stop(
      `By its logs ${account} ${logs} ${nameOfRole(role)}, and by its state it ${state} it.`,
      "The node lost logs or the start block is too late; ask another node.",
    );
  }
}
