// An event whose tickets are sold, sold on and paid back on chain, for suites about the money in the mirror.
import { createWalletClient, encodeAbiParameters, http, keccak256, toHex, zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { boxOfficeAbi } from "#contracts/abi/box-office.ts";
import { resaleAbi } from "#contracts/abi/resale.ts";
import { splitsAbi } from "#contracts/abi/splits.ts";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import { encodeRuns } from "#server/domain/mint-runs.ts";
import { packTicketId } from "#server/domain/ticket-id.ts";
import type { Chain } from "#server/platform/chain.ts";
import { systemClock, unixSeconds } from "#server/platform/clock.ts";
import type { Modules } from "#server/platform/env.ts";
import { stalls } from "./buy.ts";
import { rpc, waitForReceipt } from "./chain.ts";

type Hex = `0x${string}`;
type Account = ReturnType<typeof privateKeyToAccount>;

export const MARKET_EVENT = 77;
export const UNIT_PRICE = 5_000n;
export const FACE_WEI = UNIT_PRICE * 10n ** 9n;
const HOUR_SECONDS = 3_600;
const RICH = toHex(10n ** 20n);
const ABIS = {
  tickets: ticketsAbi,
  resale: resaleAbi,
  boxOffice: boxOfficeAbi,
  splits: splitsAbi,
} as const;

export const organiser = privateKeyToAccount(anvilAccount(ANVIL_ROLES.organiser).privateKey);
export const gate = privateKeyToAccount(anvilAccount(ANVIL_ROLES.gate).privateKey);
export const refunder = privateKeyToAccount(anvilAccount(ANVIL_ROLES.refunder).privateKey);
const admin = privateKeyToAccount(anvilAccount(ANVIL_ROLES.admin).privateKey);

export type Play = Awaited<ReturnType<typeof openPlay>>;

/** Doors open in three hours, so the gate does already; the two payees share 2 : 1. */
export async function openPlay(chain: Chain) {
  const { tickets, modules } = chain.deployment;
  if (modules === undefined) throw new Error("open the house with its modules");
  const fan = () => makeFan(chain);
  const payees = await Promise.all([fan(), fan()]);
  const send = createSender(chain, { tickets, ...modules });
  const role = keccak256(toHex("VOUCHER_ROLE"));
  await send(admin, "tickets", "grantRole", [role, organiser.address]);
  const stage: Stage = { chain, modules, send, payees };
  await createEvent(stage, payees[0] as Account);
  await send(organiser, "tickets", "setMarket", [BigInt(MARKET_EVENT), modules.resale, true]);
  return {
    ...{ payees, send, fan, ids },
    lockSplit: () => lockSplit(stage),
    buy: (from: Account, ...seats: number[]) => buy(stage, from, seats),
    sell: (sale: Parameters<typeof sell>[1]) => sell(stage, sale),
  };
}

/** The market alone, for tickets of an event that is on sale already. */
export function openMarket(chain: Chain) {
  const { tickets, modules } = chain.deployment;
  if (modules === undefined) throw new Error("open the house with its modules");
  const send = createSender(chain, { tickets, ...modules });
  return {
    send,
    fan: () => makeFan(chain),
    sell: (sale: Parameters<typeof sell>[1]) => sell({ chain, modules, send }, sale),
  };
}

interface Stage {
  chain: Chain;
  modules: Modules;
  send: ReturnType<typeof createSender>;
  payees: Account[];
}

function createSender(chain: Chain, addressOf: Record<keyof typeof ABIS, Hex>) {
  return async (
    from: Account,
    to: keyof typeof ABIS,
    functionName: string,
    args: unknown[],
    value = 0n,
  ) => {
    const wallet = createWalletClient({ account: from, transport: http(chain.deployment.rpcUrl) });
    const call = { address: addressOf[to], abi: ABIS[to], functionName, args, value, chain: null };
    const hash = await wallet.writeContract(call as never);
    await waitForReceipt(chain, hash);
    return hash;
  };
}

function ids(...seats: number[]): bigint[] {
  return stalls(1, ...seats).map((seat) => packTicketId({ eventId: MARKET_EVENT, issue: 0, seat }));
}

function domain(name: string, verifyingContract: Hex) {
  return { name: `Stagedoor ${name}`, version: "1", chainId: 31337, verifyingContract };
}

async function lockSplit({ modules, send, payees }: Stage) {
  const split = { eventId: BigInt(MARKET_EVENT), payees: payees.map(({ address }) => address) };
  const message = { ...split, shares: [6_667, 3_333] };
  const types = { Split: fields("uint256 eventId,address[] payees,uint16[] shares") };
  const sign = (payee: Account) =>
    payee.signTypedData({
      ...{ domain: domain("Splits", modules.splits), types, primaryType: "Split", message },
    });
  const signatures = await Promise.all(payees.map(sign));
  return send(organiser, "splits", "lockSplit", [...Object.values(message), signatures]);
}

/** Buys seats at the box office: the price goes into escrow. */
async function buy({ modules, send }: Stage, from: Account, seats: number[]) {
  const runs = encodeRuns(ids(...seats).map((ticketId) => ({ ticketId, owner: from.address })));
  const voucher = {
    ...{ eventId: BigInt(MARKET_EVENT), class: 0, unitPrice: Number(UNIT_PRICE) },
    ...{ deadline: soon(), payer: zeroAddress },
    ...{ orderId: keccak256(encodeAbiParameters([{ type: "bytes" }], [runs])), runs },
  };
  const types = {
    Voucher: fields(
      "uint256 eventId,uint8 class,uint48 unitPrice,uint40 deadline,address payer," +
        "bytes32 orderId,bytes runs",
    ),
  };
  const signature = await organiser.signTypedData({
    ...{ domain: domain("BoxOffice", modules.boxOffice), types, primaryType: "Voucher" },
    message: voucher,
  });
  const value = FACE_WEI * BigInt(seats.length);
  const args = [voucher, organiser.address, signature];
  return { orderId: voucher.orderId, hash: await send(from, "boxOffice", "buy", args, value) };
}

/** Sells a ticket on at the market, which takes 2 percent. */
async function sell(
  { chain, modules, send }: Omit<Stage, "payees">,
  given: { from: Account; to: Account; id: bigint; price: bigint },
) {
  const { from, to, id, price } = given;
  const { tickets } = chain.deployment;
  const nonce = await chain.client.readContract({
    ...{ address: tickets, abi: ticketsAbi, functionName: "nonce" as const, args: [id] },
  });
  const ask = {
    ...{ id, market: modules.resale, currency: zeroAddress, price, nonce: Number(nonce) },
    ...{ deadline: soon(), feeBps: 200, feeTo: admin.address, allowedBuyer: zeroAddress },
  };
  const types = {
    Ask: fields(
      "uint256 id,address market,address currency,uint256 price,uint16 nonce," +
        "uint40 deadline,uint16 feeBps,address feeTo,address allowedBuyer",
    ),
  };
  const signature = await from.signTypedData({
    ...{ domain: domain("Tickets", tickets), types, primaryType: "Ask", message: ask },
  });
  return send(to, "resale", "buy", [ask, to.address, signature], price);
}

async function createEvent({ chain, modules, send }: Stage, receiver: Account): Promise<void> {
  const { timestamp } = await chain.client.getBlock();
  await send(organiser, "tickets", "createEvent", [
    BigInt(MARKET_EVENT),
    {
      ...{ organiser: organiser.address, doorsAt: Number(timestamp) + 3 * HOUR_SECONDS },
      ...{ freezeAt: 0, policy: 0, maxGifts: 15, resaleCapBps: 20_000, royaltyBps: 1_000 },
      ...{ royaltyReceiver: receiver.address, planHash: keccak256("0x") },
      caps: [100, 50, 0, 0, 10],
      ...{ currency: zeroAddress, boxOffice: modules.boxOffice, feeCapBps: 500 },
      ...{ lockMinutes: 0, cooldownMinutes: 0 },
    },
  ]);
}

async function makeFan(chain: Chain): Promise<Account> {
  const account = privateKeyToAccount(generatePrivateKey());
  await rpc(chain, "anvil_setBalance", [account.address, RICH]);
  return account;
}

function soon(): number {
  return unixSeconds(systemClock) + HOUR_SECONDS;
}

/** "uint256 id,address to" as EIP-712's list of fields. */
function fields(list: string): { type: string; name: string }[] {
  return list.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { type, name };
  });
}
