// Names the duties of a collection, each with the role that a key needs for it.
import { id } from "ethers";

export type Hex = `0x${string}`;

export const DUTIES = ["minter", "voucher", "gate", "refunder", "organiser", "guardian"] as const;
export type Duty = (typeof DUTIES)[number];
export type Duties = Record<Duty, Hex>;

/** The roles whose keys share a limit of tickets within a time. */
export const LIMITED = ["minter", "voucher"] as const satisfies readonly Duty[];
export type MintLimit = { tickets: number; windowSeconds: number };
export type MintLimits = Record<(typeof LIMITED)[number], MintLimit>;

/** As in the constructor of contracts/TicketMint.sol. */
export const MINT_LIMIT_BUILT_IN: MintLimit = { tickets: 40_000, windowSeconds: 3_600 };

export const ADMIN_ROLE = `0x${"00".repeat(32)}` as Hex;

export function roleName(duty: Duty): string {
  return `${duty.toUpperCase()}_ROLE`;
}

export function roleOf(duty: Duty): Hex {
  return id(roleName(duty)) as Hex;
}

/** A role as differences name it; one that no contract of ours knows is its hash. */
export function nameOfRole(role: string): string {
  if (role === ADMIN_ROLE) return "DEFAULT_ADMIN_ROLE";
  const duty = DUTIES.find((each) => roleOf(each) === role);
  return duty === undefined ? role : roleName(duty);
}
