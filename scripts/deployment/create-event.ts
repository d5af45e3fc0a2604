// Creates an event in a collection, once.
import { type BaseContractMethod, Contract, isError, Wallet } from "ethers";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { connect } from "./connect.ts";
import type { Hex } from "./duties.ts";
import { requireSuccess } from "./transactions.ts";

/**
 * As in EventTerms of contracts/libraries/EventRecord.sol; times in seconds, `freezeAt` 0 =
 * default.
 */
export type EventTerms = {
  organiser: Hex;
  doorsAt: number;
  freezeAt: number;
  /** 0 OPEN, 1 GIFT, 2 MARKET_ONLY, 3 FROZEN */
  policy: 0 | 1 | 2 | 3;
  maxGifts: number;
  resaleCapBps: number;
  royaltyBps: number;
  royaltyReceiver: Hex;
  planHash: Hex;
  /** Units of public, presale, artist, sponsor, comp. */
  caps: readonly [number, number, number, number, number];
  /** What the event is sold and resold in; the zero address is the native coin. */
  currency: Hex;
  /** The only contract that may mint tickets whose face it holds; the zero address for none. */
  boxOffice: Hex;
  feeCapBps: number;
  /** How long a ticket paid by card, and any ticket, cannot be given away. */
  lockMinutes: number;
  cooldownMinutes: number;
};

/**
 * Creates the event, or answers null if it is there already; another event under its id is an
 * error.
 */
export async function createEventOnChain(options: {
  rpcUrl: string;
  tickets: Hex;
  organiserKey: Hex;
  eventId: number;
  terms: EventTerms;
}): Promise<{ txHash: Hex; blockNumber: number } | null> {
  const provider = await connect(options.rpcUrl);
  try {
    const organiser = new Wallet(options.organiserKey, provider);
    const contract = new Contract(options.tickets, ticketsAbi, organiser);
    const existing = await planHashOf(contract, options.eventId);
    if (existing === options.terms.planHash.toLowerCase()) return null;
    if (existing !== undefined) {
      throw new Error(
        `event ${options.eventId} exists with plan ${existing}, not ${options.terms.planHash}`,
      );
    }
    const createEvent = contract.getFunction("createEvent");
    await requirePasses(createEvent, [options.eventId, options.terms]);
    const sent = await createEvent.send(options.eventId, options.terms);
    const receipt = await requireSuccess(provider, sent.hash as Hex);
    return { txHash: receipt.hash as Hex, blockNumber: receipt.blockNumber };
  } finally {
    provider.destroy();
  }
}

/** The plan of an event, in lower case, or undefined if there is no such event. */
async function planHashOf(contract: Contract, eventId: number): Promise<string | undefined> {
  try {
    const event = await contract.getFunction("eventOf").staticCall(eventId);
    return String(event.planHash).toLowerCase();
  } catch (error) {
    if (isError(error, "CALL_EXCEPTION") && error.revert?.name === "TicketsEventUnknown") {
      return undefined;
    }
    throw error;
  }
}

/** Tries a call without sending it: unlike an estimate of gas, this tells the contract's error. */
async function requirePasses(method: BaseContractMethod, args: unknown[]): Promise<void> {
  try {
    await method.staticCall(...args);
  } catch (error) {
    if (!isError(error, "CALL_EXCEPTION") || error.revert === null) throw error;
    const { name, args: values } = error.revert;
    throw new Error(`the contract refuses: ${name}(${values.join(", ")})`, { cause: error });
  }
}
