// The product, set up as an organiser would: roles, an event of the default policy, classes.
import { concat, type Hex, keccak256, numberToHex, toHex, zeroAddress } from "viem";
import { accountAt, type Sent } from "./chain.ts";
import type { Contender, ContenderTools } from "./contender.ts";
import { type Market, marketOf } from "./stagedoor-resale.ts";
import { mintForSale, openCurrency } from "./token-sale.ts";
import {
  byPrice,
  EVENT_ID,
  type Order,
  PRICES,
  RESALE_PRICE_IN_TOKEN,
  RESALE_PRICE_WEI,
} from "./workload.ts";

const HOUR_S = 3_600;
const DOORS_AFTER_S = 30 * 24 * HOUR_S;
const EVENT_IN_TOKEN = EVENT_ID + 1n;
const CLASS_PUBLIC = 0;
const MARKET_ONLY = 2;
const ROW_BITS = 12n;
const SEAT_KEY_BYTES = 5;
const [BASE_PRICE] = PRICES;

export async function stagedoor(tools: ContenderTools): Promise<Contender> {
  const { chain, artifacts, people } = tools;
  const admin = accountAt(chain.accounts, 0);
  const contract = await chain.deploy(await artifacts.product("Tickets"), [admin]);
  for (const role of ["MINTER_ROLE", "GATE_ROLE", "ORGANISER_ROLE"]) {
    await contract.send("grantRole", [keccak256(toHex(role)), people.minter]);
  }
  const doorsAt = (await chain.now()) + DOORS_AFTER_S;
  const market = await marketOf(contract, tools);
  const createEvent = async (eventId: bigint, currency: Hex) => {
    const terms = { ...termsFor({ organiser: people.minter, doorsAt }), currency };
    await contract.send("createEvent", [eventId, terms], { from: people.minter });
    await market?.admit(eventId);
  };
  const mintRuns = async (orders: readonly Order[], price: bigint, eventId = EVENT_ID) => {
    const runs = concat(orders.flatMap(runsOf));
    const call = { from: people.minter };
    return await contract.send("mintRuns", [eventId, CLASS_PUBLIC, price, runs], call);
  };
  await createEvent(EVENT_ID, zeroAddress);
  return {
    name: "Stagedoor",
    hasSeatIds: true,
    bytes: contract.bytes,
    deployGas: contract.deployGas,
    mint: async (orders) => await mintRuns(orders, BASE_PRICE),
    async mintAtPrices(orders) {
      const sum = { gas: 0, ids: [] as bigint[] };
      for (const group of byPrice(orders)) {
        const { gas, ids } = await mintRuns(group.orders, group.price);
        sum.gas += gas;
        sum.ids.push(...ids);
      }
      return sum;
    },
    transfer: async (id, from, to) => await contract.send("transferFrom", [from, to, id], { from }),
    openGate: async () => await chain.setTime(doorsAt),
    async checkIn(ids) {
      const [id] = ids;
      const call = { from: people.minter };
      if (ids.length === 1) return await contract.send("checkIn", [id], call);
      return await contract.send("checkInMany", [ids], call);
    },
    ...(market && {
      resell: (id) => market.sell({ id, currency: zeroAddress, price: RESALE_PRICE_WEI }),
      openTokenSale: () => openTokenSale(market),
    }),
  };

  /** Another event of the same contract, sold in a token. */
  async function openTokenSale(sold: Market): Promise<() => Promise<Sent>> {
    const { currency, allow } = await openCurrency(tools);
    await createEvent(EVENT_IN_TOKEN, currency.address);
    await allow(sold.address);
    const mint = (orders: readonly Order[]) => mintRuns(orders, BASE_PRICE, EVENT_IN_TOKEN);
    const ids = await mintForSale(mint, people);
    return async () => {
      const [id = 0n] = ids.splice(0, 1);
      const price = RESALE_PRICE_IN_TOKEN;
      return await sold.sell({ id, currency: currency.address, price });
    };
  }
}

function termsFor({ organiser, doorsAt }: { organiser: Hex; doorsAt: number }) {
  return {
    organiser,
    doorsAt,
    freezeAt: 0,
    policy: MARKET_ONLY,
    maxGifts: 1,
    resaleCapBps: 11_000,
    royaltyBps: 1_000,
    royaltyReceiver: organiser,
    planHash: keccak256(toHex("seating plan")),
    boxOffice: zeroAddress,
    feeCapBps: 500,
    lockMinutes: 0,
    cooldownMinutes: 0,
    caps: [1_000, 1_000, 1_000, 1_000, 1_000],
  };
}

/** One record for each row that an order has neighbours in. */
function runsOf({ to, ids }: Order): Hex[] {
  const rows = Map.groupBy(ids, (id) => id >> ROW_BITS);
  return Array.from(rows.values(), (row) => {
    const [first = 0n] = row;
    const key = numberToHex(first & 0xff_ffff_ffffn, { size: SEAT_KEY_BYTES });
    return concat([to, key, numberToHex(row.length, { size: 1 })]);
  });
}
