// Says what a collection is made of: its contracts, what their constructors take, what their code holds.
import {
  AbiCoder,
  concat,
  getCreateAddress,
  Interface,
  type InterfaceAbi,
  id,
  keccak256,
  TypedDataEncoder,
  toBeHex,
  zeroPadValue,
} from "ethers";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { boxOfficeBytecode } from "#contracts/abi/box-office-bytecode.ts";
import { boxOfficeRuntime } from "#contracts/abi/box-office-runtime.ts";
import { passReaderRuntime } from "#contracts/abi/pass-reader-runtime.ts";
import { rendererRuntime } from "#contracts/abi/renderer-runtime.ts";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { resaleBytecode } from "#contracts/abi/resale-bytecode.ts";
import { resaleRuntime } from "#contracts/abi/resale-runtime.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { splitsBytecode } from "#contracts/abi/splits-bytecode.ts";
import { splitsRuntime } from "#contracts/abi/splits-runtime.ts";
import { termsReaderRuntime } from "#contracts/abi/terms-reader-runtime.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { ticketsBytecode } from "#contracts/abi/tickets-bytecode.ts";
import { ticketsRuntime } from "#contracts/abi/tickets-runtime.ts";
import type { Hex } from "./duties.ts";

/** In the order in which they are created: each knows only those before it. */
export const PARTS = ["tickets", "splits", "resale", "boxOffice"] as const;
export type Part = (typeof PARTS)[number];
/** Made by the constructor of Tickets. */
export const INNER_PARTS = ["termsReader", "passReader", "renderer"] as const;
export type AnyPart = Part | (typeof INNER_PARTS)[number];
export type Addresses = Record<AnyPart, Hex>;

export type Runtime = { code: Hex; immutables: Record<string, readonly number[]> };

const ABIS = {
  tickets: ticketsAbi,
  splits: splitsAbi,
  resale: resaleAbi,
  boxOffice: boxOfficeAbi,
} as const satisfies Record<Part, InterfaceAbi>;

const BYTECODES: Record<Part, Hex> = {
  tickets: ticketsBytecode,
  splits: splitsBytecode,
  resale: resaleBytecode,
  boxOffice: boxOfficeBytecode,
};

export const RUNTIMES: Record<AnyPart, Runtime> = {
  tickets: ticketsRuntime,
  splits: splitsRuntime,
  resale: resaleRuntime,
  boxOffice: boxOfficeRuntime,
  termsReader: termsReaderRuntime,
  passReader: passReaderRuntime,
  renderer: rendererRuntime,
};

/** What wallets show when they sign for a contract; as in the contracts' constructors. */
export const DOMAINS: Partial<Record<AnyPart, { name: string; version: string }>> = {
  tickets: { name: "Stagedoor Tickets", version: "1" },
  splits: { name: "Stagedoor Splits", version: "1" },
  boxOffice: { name: "Stagedoor BoxOffice", version: "1" },
};

/** The constructor's arguments; every one of them is an address. */
export function argumentsOf(part: Part, given: { admin: Hex; at: Partial<Addresses> }): Hex[] {
  const known = (name: Part): Hex => {
    const address = given.at[name];
    if (address === undefined) throw new Error(`${part} needs the address of ${name}`);
    return address;
  };
  if (part === "tickets") return [given.admin];
  return part === "resale" ? [known("tickets"), known("splits")] : [known("tickets")];
}

const interfaces = new Map<Part, Interface>();

/** Reading an ABI takes longer than most questions that are asked with it. */
export function interfaceOf(part: Part): Interface {
  const known = interfaces.get(part) ?? new Interface(ABIS[part]);
  interfaces.set(part, known);
  return known;
}

export function creationCode(part: Part, args: readonly Hex[]): Hex {
  const encoded = interfaceOf(part).encodeDeploy(args as Hex[]);
  return concat([BYTECODES[part], encoded]) as Hex;
}

/** Names the sources and settings that a contract was made from, without its arguments. */
export function creationHash(part: Part): Hex {
  return keccak256(BYTECODES[part]) as Hex;
}

/** Tickets counts what its constructor creates from 1, in the order of its bases. */
export function innerAddresses(tickets: Hex): Record<(typeof INNER_PARTS)[number], Hex> {
  return {
    termsReader: getCreateAddress({ from: tickets, nonce: 1 }) as Hex,
    passReader: getCreateAddress({ from: tickets, nonce: 2 }) as Hex,
    renderer: getCreateAddress({ from: tickets, nonce: 3 }) as Hex,
  };
}

/** What the constructor wrote into the code, by the name of the immutable. */
export function immutablesOf(
  part: AnyPart,
  given: { chainId: number; at: Addresses },
): Record<string, Hex> {
  const { chainId, at } = given;
  const word = (address: Hex) => zeroPadValue(address, 32) as Hex;
  const separator = domainSeparatorOf(part, given);
  const openZeppelin = () => ({
    _cachedChainId: toBeHex(chainId, 32) as Hex,
    _cachedDomainSeparator: separator,
    _cachedThis: word(at[part]),
    _hashedName: id(DOMAINS[part]?.name ?? "") as Hex,
    _hashedVersion: id(DOMAINS[part]?.version ?? "") as Hex,
    _name: shortString(DOMAINS[part]?.name ?? ""),
    _version: shortString(DOMAINS[part]?.version ?? ""),
  });
  switch (part) {
    case "tickets":
      return {
        TERMS_READER: word(at.termsReader),
        PASS_READER: word(at.passReader),
        CHAIN_ID: toBeHex(chainId, 32) as Hex,
        SEPARATOR: separator,
      };
    case "splits":
    case "boxOffice":
      return { TICKETS: word(at.tickets), ...openZeppelin() };
    case "resale":
      return { TICKETS: word(at.tickets), SPLITS: word(at.splits) };
    case "renderer":
      return { EVENTS: word(at.tickets) };
    default:
      return {};
  }
}

export function domainSeparatorOf(
  part: AnyPart,
  { chainId, at }: { chainId: number; at: Addresses },
): Hex {
  return TypedDataEncoder.hashDomain({
    ...DOMAINS[part],
    chainId,
    verifyingContract: at[part],
  }) as Hex;
}

/** As OpenZeppelin's ShortStrings: the bytes at the left, their number in the last byte. */
function shortString(text: string): Hex {
  const bytes = Buffer.alloc(32);
  bytes.write(text);
  bytes[31] = Buffer.byteLength(text);
  return `0x${bytes.toString("hex")}`;
}

export function decodeAddress(word: Hex): Hex {
  return AbiCoder.defaultAbiCoder().decode(["address"], word)[0] as Hex;
}
