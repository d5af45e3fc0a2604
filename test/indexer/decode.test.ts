// The hand-written decoder against viem's, for every event that the mirror reads.
import { expect } from "chai";
import {
  type AbiEvent,
  encodeAbiParameters,
  encodeEventTopics,
  getAddress,
  parseAbiItem,
  toEventSelector,
} from "viem";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import type { RawLog } from "#indexer/answer.ts";
import { decodeLog, MIRRORED_EVENTS } from "#indexer/decode.ts";
import type { FactOf } from "#indexer/facts.ts";

const ANN = getAddress(`0x${"0".repeat(38)}aa`);
const BEN = getAddress(`0xbb${"0".repeat(38)}`);
const ID_MAX = 2n ** 63n - 1n;

const EMITTER = `0x${"ee".repeat(20)}` as const;
const block = { number: 255n, hash: `0x${"11".repeat(32)}` as const, minedAt: new Date(0) };
const place = {
  address: EMITTER,
  blockNumber: "0xff" as const,
  blockHash: block.hash,
  transactionHash: `0x${"22".repeat(32)}` as const,
  logIndex: "0x10" as const,
};
const position = { block, emitter: EMITTER, txHash: place.transactionHash, logIndex: 16 };

type EventItem = AbiEvent & { name: string };

const events = [...ticketsAbi, ...resaleAbi, ...boxOfficeAbi, ...splitsAbi].filter(
  (entry) => entry.type === "event",
) as readonly EventItem[];

function log(name: string, args: Record<string, unknown>): RawLog {
  const item = events.find((entry) => entry.name === name) as EventItem;
  const plain = item.inputs.filter(({ indexed }) => indexed !== true);
  return {
    ...place,
    topics: encodeEventTopics({ abi: [item], eventName: name, args } as never) as `0x${string}`[],
    data: encodeAbiParameters(
      plain as never,
      plain.map((input) => args[input.name as string]) as never,
    ),
  };
}

const read = (name: string, args: Record<string, unknown>) => decodeLog(log(name, args), block);

describe("decode", () => {
  it("reads a Transfer with lower-case addresses", () => {
    expect(read("Transfer", { from: ANN, to: BEN, tokenId: ID_MAX })).to.deep.equal({
      ...position,
      kind: "transfer",
      from: ANN.toLowerCase(),
      to: BEN.toLowerCase(),
      ticketId: ID_MAX,
    });
  });

  it("reads BatchMinted with the highest price and count", () => {
    const args = { eventId: 8_388_607n, class: 4, unitPrice: 2 ** 48 - 1, count: 255n };
    expect(read("BatchMinted", args)).to.deep.equal({
      ...position,
      kind: "batch-minted",
      eventId: 8_388_607,
      class: 4,
      unitPrice: 2n ** 48n - 1n,
      count: 255,
    });
  });

  it("reads what happens to a ticket", () => {
    const id = 5n;
    expect(read("CheckedIn", { id })).to.include({ kind: "checked-in", ticketId: id });
    expect(read("TicketVoided", { id })).to.include({ kind: "voided", ticketId: id });
    expect(read("AskCancelled", { id, nonce: 4095n })).to.include({
      kind: "nonce-raised",
      ticketId: id,
      nonce: 4095,
    });
  });

  it("finds every term of an event", () => {
    const item = events.find(({ name }) => name === "EventCreated") as EventItem;
    const terms = Object.fromEntries(
      item.inputs
        .flatMap((input) => ("components" in input ? input.components : []))
        .map(({ name = "", type }, index) => [name, sample(type, index)]),
    );
    const decoded = read("EventCreated", { eventId: 3n, organiser: BEN, terms });
    expect(decoded).to.include({ ...position, kind: "event-created", eventId: 3 });
    const found = (decoded as FactOf<"event-created">).terms as unknown as Record<string, unknown>;
    expect(Object.keys(found)).to.have.members(Object.keys(terms));
    for (const [name, value] of Object.entries(terms)) {
      expect([name, plain(found[name])]).to.deep.equal([name, plain(value)]);
    }
  });

  it("reads lists and texts of any length", () => {
    const payees = [ANN, BEN, ANN];
    expect(read("SplitLocked", { eventId: 3n, payees, shares: [1, 9_998, 1] })).to.deep.include({
      kind: "split-locked",
      payees: payees.map((payee) => payee.toLowerCase()),
      shares: [1, 9_998, 1],
    });
    const folder = `ipfs://${"ä".repeat(40)}`;
    const item = parseAbiItem("event ArtworkSet(uint256 indexed eventId, string folder)");
    const artwork: RawLog = {
      ...place,
      topics: encodeEventTopics({ abi: [item], args: { eventId: 3n } }) as `0x${string}`[],
      data: encodeAbiParameters([{ type: "string" }], [folder]),
    };
    expect(decodeLog(artwork, block)).to.deep.include({ kind: "artwork-set", folder });
  });

  it("reads the same values as viem from every event that it knows", () => {
    for (const name of MIRRORED_EVENTS) {
      const item = events.find((entry) => entry.name === name);
      if (item === undefined || /Created|Locked|^ArtworkSet$/.test(name)) continue;
      const args = Object.fromEntries(
        item.inputs.map(({ name: input = "", type }, index) => [input, sample(type, index)]),
      );
      const decoded = Object.values(read(name, args) as object).map(plain);
      for (const [input, value] of Object.entries(args)) {
        // Whose share it was is in the row that is redirected; who granted a role is not shown.
        if (/^(ShareRedirected from|Role\w+ sender)$/.test(`${name} ${input}`)) continue;
        expect(decoded, `${name}.${input}`).to.deep.include(plain(value));
      }
    }
  });

  it("leaves out what the mirror has no use for", () => {
    const unknown = toEventSelector("Nothing(uint256)");
    expect(decodeLog({ ...place, topics: [unknown], data: "0x" }, block)).to.equal(undefined);
  });
});

/** A value of each place's own, so that two that are mixed up differ. */
function sample(type: string, index: number): unknown {
  if (type === "address")
    return getAddress(`0x${"0".repeat(37)}a${index.toString(16).padStart(2, "0")}`);
  if (type === "bytes32") return `0x${(index + 1).toString(16).padStart(64, "0")}`;
  if (type === "bool") return true;
  if (type === "uint24[5]") return [1, 2, 3, 4, 5];
  return /^uint(8|16|24)$/.test(type) ? index + 50 : BigInt(index + 50);
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === true) return "true";
  return String(value).toLowerCase();
}
