// Compares what contracts answer with what they should: admin, hand-over, renderer, domains, wiring.
import { Contract, isError, type JsonRpcProvider } from "ethers";
import {
  type Addresses,
  DOMAINS,
  domainSeparatorOf,
  interfaceOf,
  PARTS,
  type Part,
} from "./contracts.ts";
import type { Difference } from "./difference.ts";
import type { Hex } from "./duties.ts";

/** As in contracts/TwoStepAdmin.sol. */
const ADMIN_DELAY_SECONDS = 3n * 24n * 3_600n;
const NO_ANSWER = "no answer";
const NOBODY = `0x${"00".repeat(20)}` as const;

export type ExpectedState = {
  chainId: number;
  at: Addresses;
  admin: Hex;
  /** Whom the role is offered to and from when on; nobody before a hand-over and after it. */
  offer: { to: Hex; acceptFrom: number | null } | undefined;
};

type Question = { part: Part; call: string; expected: string; read?: (answer: never) => string };

export async function compareState(
  expected: ExpectedState,
  { provider, head }: { provider: JsonRpcProvider; head: number },
): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const { part, call, expected: wanted, read } of questions(expected)) {
    const contract = new Contract(expected.at[part], interfaceOf(part), provider);
    const found = await answerOf(contract, call, head, read);
    if (found !== wanted) differences.push({ what: `${part}.${call}`, expected: wanted, found });
  }
  for (const part of PARTS) {
    differences.push(...(await compareDomain(part, expected, { provider, head })));
  }
  return differences;
}

function questions({ at, admin, offer, chainId }: ExpectedState): Question[] {
  const separator = domainSeparatorOf("tickets", { chainId, at });
  return [
    { part: "tickets", call: "defaultAdmin", expected: admin },
    {
      part: "tickets",
      call: "pendingAdmin",
      expected: offer === undefined ? NOBODY : offerText(offer.to, BigInt(offer.acceptFrom ?? 0)),
      read: ([to, from]: [Hex, bigint]) => (to === NOBODY ? NOBODY : offerText(to, from)),
    },
    { part: "tickets", call: "ADMIN_DELAY", expected: String(ADMIN_DELAY_SECONDS) },
    { part: "tickets", call: "renderer", expected: at.renderer },
    { part: "tickets", call: "TERMS_READER", expected: at.termsReader },
    { part: "tickets", call: "PASS_READER", expected: at.passReader },
    { part: "tickets", call: "DOMAIN_SEPARATOR", expected: separator },
    { part: "splits", call: "TICKETS", expected: at.tickets },
    { part: "resale", call: "TICKETS", expected: at.tickets },
    { part: "resale", call: "SPLITS", expected: at.splits },
    { part: "boxOffice", call: "TICKETS", expected: at.tickets },
  ];
}

function offerText(to: Hex, acceptFrom: bigint): string {
  return `${to} from ${new Date(Number(acceptFrom) * 1_000).toISOString()} on`;
}

async function compareDomain(
  part: Part,
  { chainId, at }: ExpectedState,
  { provider, head }: { provider: JsonRpcProvider; head: number },
): Promise<Difference[]> {
  const domain = DOMAINS[part];
  if (domain === undefined) return [];
  const contract = new Contract(at[part], interfaceOf(part), provider);
  const expected = { ...domain, chainId: String(chainId), verifyingContract: at[part] };
  const fields = Object.keys(expected) as (keyof typeof expected)[];
  const read = (answer: Record<string, unknown>) =>
    JSON.stringify(fields.map((field) => String(answer[field])));
  const answer = await answerOf(contract, "eip712Domain", head, read as (answer: never) => string);
  const found: string[] = answer === NO_ANSWER ? [] : JSON.parse(answer);
  return fields.flatMap((field, index) => {
    const difference = {
      what: `${part}.eip712Domain.${field}`,
      expected: expected[field],
      found: found[index] ?? NO_ANSWER,
    };
    return difference.expected === difference.found ? [] : [difference];
  });
}

/** A contract with other code may refuse the call or answer nonsense; a node away throws. */
async function answerOf(
  contract: Contract,
  call: string,
  head: number,
  read: (answer: never) => string = String,
): Promise<string> {
  try {
    return read((await contract.getFunction(call).staticCall({ blockTag: head })) as never);
  } catch (error) {
    if (isError(error, "CALL_EXCEPTION") || isError(error, "BAD_DATA")) return NO_ANSWER;
    throw error;
  }
}
