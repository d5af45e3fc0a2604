// The hand-written decoder against viem's, for every event that the mirror reads.
import { expect } from "chai";
import { encodeAbiParameters, encodeEventTopics, getAddress, toEventSelector } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { decodeLog, MIRRORED_TOPICS, type RawLog } from "#indexer/decode.ts";

const ANN = getAddress(`0x${"0".repeat(38)}aa`);
const BEN = getAddress(`0xbb${"0".repeat(38)}`);
const ID_MAX = 2n ** 63n - 1n;

const place = {
  blockNumber: "0xff" as const,
  blockHash: `0x${"11".repeat(32)}` as const,
  transactionHash: `0x${"22".repeat(32)}` as const,
  logIndex: "0x10" as const,
};
const position = {
  blockNumber: 255n,
  blockHash: place.blockHash,
  txHash: place.transactionHash,
  logIndex: 16,
};

type EventItem = Extract<(typeof ticketsAbi)[number], { type: "event" }>;

function log(name: EventItem["name"], args: Record<string, unknown>): RawLog {
  const item = ticketsAbi.find(
    (entry) => entry.type === "event" && entry.name === name,
  ) as EventItem;
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

describe("decode", () => {
  it("reads a Transfer with lower-case addresses", () => {
    const decoded = decodeLog(log("Transfer", { from: ANN, to: BEN, tokenId: ID_MAX }));
    expect(decoded).to.deep.equal({
      ...position,
      kind: "transfer",
      from: ANN.toLowerCase(),
      to: BEN.toLowerCase(),
      ticketId: ID_MAX,
    });
  });

  it("reads BatchMinted with the highest price and count", () => {
    const args = { eventId: 8_388_607n, class: 4, unitPrice: 2 ** 48 - 1, count: 255n };
    expect(decodeLog(log("BatchMinted", args))).to.deep.equal({
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
    expect(decodeLog(log("CheckedIn", { id }))).to.include({ kind: "checked-in", ticketId: id });
    expect(decodeLog(log("TicketVoided", { id }))).to.include({ kind: "voided", ticketId: id });
    expect(decodeLog(log("AskCancelled", { id, nonce: 4095n }))).to.include({
      kind: "nonce-raised",
      ticketId: id,
      nonce: 4095,
    });
  });

  it("finds the plan's hash among an event's terms", () => {
    const planHash = `0x${"5a".repeat(32)}`;
    const item = ticketsAbi.find(
      (entry) => entry.type === "event" && entry.name === "EventCreated",
    );
    const terms = Object.fromEntries(
      (item as unknown as { inputs: { components?: { name: string; type: string }[] }[] }).inputs
        .flatMap(({ components }) => components ?? [])
        .map(({ name, type }) => [name, sample(name, type)]),
    );
    const args = { eventId: 3n, organiser: BEN, terms: { ...terms, planHash } };
    expect(decodeLog(log("EventCreated", args))).to.deep.equal({
      ...position,
      kind: "event-created",
      eventId: 3,
      organiser: BEN.toLowerCase(),
      planHash,
    });
  });

  it("asks the node for exactly the topics that it reads", () => {
    for (const topic of MIRRORED_TOPICS) expect(topic).to.match(/^0x[0-9a-f]{64}$/);
    expect(new Set(MIRRORED_TOPICS).size).to.equal(MIRRORED_TOPICS.length);
    const unknown = toEventSelector("Nothing(uint256)");
    expect(decodeLog({ ...place, topics: [unknown], data: "0x" })).to.equal(undefined);
  });
});

function sample(name: string, type: string): unknown {
  if (type === "address") return ANN;
  if (type === "bytes32") return `0x${"00".repeat(32)}`;
  if (type === "uint24[5]") return [1, 2, 3, 4, 5];
  return name.endsWith("At") ? 1_900_000_000 : 1;
}
