// Gives every contract the same work from the same state, and takes each piece back afterwards.
import type { Chain, Sent } from "./chain.ts";
import type { Contender, People } from "./contender.ts";
import { mintForSale } from "./token-sale.ts";
import {
  BATCH,
  earlierOrder,
  earlierTickets,
  NEW_WALLET,
  type Order,
  orderOf,
  queueMix,
  returningFans,
  singleOrders,
} from "./workload.ts";

/** Gas per ticket where a call has many; for the whole transaction where it has one. */
export type Figures = {
  name: string;
  hasSeatIds: boolean;
  bytes: number;
  deploy: number;
  mintOne: number;
  mintOneReturning: number;
  mintTenToOne: number;
  mintHundredToOne: number;
  mintFresh: number;
  queueMix: number;
  queueMixReturning: number;
  /** Where a contract keeps no price this is the queue mix: there is nothing to sort by. */
  threePrices: number;
  transfer?: number;
  transferToNew?: number;
  transferOfOrder?: number;
  checkInOne?: number;
  checkInHundred?: number;
  resale?: number;
  resaleInToken?: number;
};

const ORDER_OF_FOUR = 4;
/** Neighbours on both sides, which matters where one slot stands for several tickets. */
const MIDDLE = 2;

type Setting = { chain: Chain; people: People; withResale: boolean; withTokens?: boolean };

export async function measure(
  contender: Contender,
  { chain, people, withResale, withTokens = false }: Setting,
): Promise<Figures> {
  const { name, hasSeatIds, bytes, deployGas } = contender;
  const trial = chain.trial;
  // Counters are past zero then.
  const sellerIds = await mintForSale(contender.mint, people);
  const minted = async (orders: readonly Order[], mint = contender.mint) => {
    const sent = await mint(orders);
    const tickets = orders.reduce((sum, { ids }) => sum + ids.length, 0);
    return wholly(sent, tickets, `${name} was asked to mint`);
  };
  const each = async (orders: readonly Order[], mint = contender.mint) =>
    (await trial(() => minted(orders, mint))).gas / BATCH;

  const toOne = async (order: Order) => (await trial(() => minted([order]))).gas / order.ids.length;
  const { transfer, checkIn } = contender;
  const figures: Figures = {
    name,
    hasSeatIds,
    bytes,
    deploy: deployGas,
    mintOne: await toOne(orderOf(1)),
    mintOneReturning: await toOne(orderOf(1, people.buyer)),
    mintTenToOne: await toOne(orderOf(10)),
    mintHundredToOne: await toOne(orderOf(BATCH)),
    mintFresh: await each(singleOrders()),
    queueMix: await each(queueMix()),
    queueMixReturning: await trial(async () => {
      await minted(earlierTickets(returningFans(queueMix()), 30n));
      return (await minted(queueMix())).gas / BATCH;
    }),
    threePrices: await each(queueMix(), contender.mintAtPrices ?? contender.mint),
  };
  if (transfer !== undefined) {
    const move = async (id = 0n, to = people.buyer) => (await transfer(id, people.seller, to)).gas;
    figures.transfer = await trial(() => move(sellerIds[0]));
    figures.transferToNew = await trial(() => move(sellerIds[0], NEW_WALLET));
    figures.transferOfOrder = await trial(async () => {
      const order = earlierOrder(people.seller, { section: 20n, count: ORDER_OF_FOUR });
      return await move((await minted([order])).ids[MIDDLE]);
    });
  }
  if (checkIn !== undefined) {
    const admit = (count: number) =>
      trial(async () => {
        const { ids } = await minted(singleOrders());
        await contender.openGate?.();
        return (await checkIn(ids.slice(0, count))).gas / count;
      });
    figures.checkInOne = await admit(1);
    figures.checkInHundred = await admit(BATCH);
  }
  return {
    ...figures,
    ...(await resales(contender, { chain, sellerIds, withResale, withTokens })),
  };
}

type Resales = Pick<Setting, "chain" | "withResale" | "withTokens"> & { sellerIds: bigint[] };

/** After the first sale the artist's pot is no longer empty, as in every later one. */
async function resales(
  { name, resell, openTokenSale }: Contender,
  { chain, sellerIds, withResale, withTokens }: Resales,
): Promise<Pick<Figures, "resale" | "resaleInToken">> {
  const figures: Pick<Figures, "resale" | "resaleInToken"> = {};
  const asked = `${name} was asked to sell`;
  if (withResale && resell !== undefined) {
    const [first = 0n, second = 0n] = sellerIds;
    figures.resale = await chain.trial(async () => {
      await resell(first);
      return wholly(await resell(second), 1, asked).gas;
    });
  }
  if (withTokens && openTokenSale !== undefined) {
    figures.resaleInToken = await chain.trial(async () => {
      const sell = await openTokenSale();
      // Afterwards seller and market hold some of the token as well.
      await sell();
      return wholly(await sell(), 1, asked).gas;
    });
  }
  return figures;
}

/** A contract that does less than it was asked to would look cheap. */
function wholly(sent: Sent, tickets: number, asked: string): Sent {
  const { length } = new Set(sent.ids.map(String)).size === sent.ids.length ? sent.ids : [];
  if (length !== tickets) throw new Error(`${asked} ${tickets} tickets, and it did ${length}.`);
  return sent;
}
