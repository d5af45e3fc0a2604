// Events on chain that are large enough for any backlog, and paid lines of them that wait to be minted.
import { keccak256, zeroAddress } from "viem";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { packSeat, packTicketId } from "#server/domain/ticket-id.ts";
import { write } from "./chain.ts";
import type { House } from "./house.ts";

const DOORS_AFTER_S = 30 * 86_400;
const PLACES_MAX = 1_000_000;
const SEATS_PER_ROW = 40;
const ROWS_PER_SECTION = 100;

/** On chain only: no plan and no sale, which minting does not ask for. */
export async function openLargeEvent({ chain }: House, eventId: number): Promise<void> {
  const { timestamp } = await chain.client.getBlock();
  const terms = {
    organiser: anvilAccount(ANVIL_ROLES.organiser).address,
    ...{ doorsAt: Number(timestamp) + DOORS_AFTER_S, freezeAt: 0, policy: 0, maxGifts: 1 },
    ...{ resaleCapBps: 11_000, royaltyBps: 1_000, planHash: keccak256("0x") },
    ...{ royaltyReceiver: anvilAccount(ANVIL_ROLES.artist).address, currency: zeroAddress },
    ...{ caps: [PLACES_MAX, 0, 0, 0, 0], boxOffice: zeroAddress, feeCapBps: 0 },
    ...{ lockMinutes: 0, cooldownMinutes: 0 },
  };
  const args = [BigInt(eventId), terms] as const;
  await write(chain, "organiser", { functionName: "createEvent", args } as never);
}

interface Debt {
  eventId: number;
  /** The number of the first seat; seats of one call are neighbours. */
  from?: number;
  count: number;
  /** Whose tickets they are, each one's side by side; everybody has one when it is left out. */
  owners?: number;
}

/** Of no order: what is looked at begins behind it. */
export async function oweLines(
  { db, event }: Pick<House, "db" | "event">,
  { eventId, from = 0, count, owners = count }: Debt,
): Promise<void> {
  const places = Array.from({ length: count }, (_, at) => from + at);
  const ticketIds = places.map((place) => ticketAt(eventId, place));
  const each = Math.ceil(count / owners);
  const wallets = places.map((place) => walletOf(eventId, Math.floor(place / each)));
  await db.query({
    text: `INSERT INTO sale.mint_line
             (deployment, event_id, order_id, ticket_id, owner, class, unit_price, state)
           SELECT $1, $2, 'ord_' || ticket_id, ticket_id, owner, 0, 4500, 'queued'
           FROM unnest($3::bigint[], $4::text[]) AS owed (ticket_id, owner)`,
    values: [event.deployment, eventId, ticketIds, wallets],
  });
}

/** Of the seat with this number, counted through rows and sections from 0. */
export function ticketAt(eventId: number, place: number): bigint {
  const row = Math.floor(place / SEATS_PER_ROW);
  const section = 1 + Math.floor(row / ROWS_PER_SECTION);
  const of = { section, row: 1 + (row % ROWS_PER_SECTION), seat: 1 + (place % SEATS_PER_ROW) };
  return packTicketId({ eventId, issue: 0, seat: packSeat(of) });
}

function walletOf(eventId: number, at: number): `0x${string}` {
  return `0x${eventId.toString(16).padStart(8, "e")}${(at + 1).toString(16).padStart(32, "0")}`;
}
