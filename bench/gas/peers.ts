// The contracts that others build tickets on, each doing the same work its own cheapest way.
import { type Hex, maxUint256, zeroAddress } from "viem";
import type { Contract, Sent } from "./chain.ts";
import type { Contender, ContenderTools } from "./contender.ts";
import manifest from "./peers/package.json" with { type: "json" };
import { mintForSale, openCurrency } from "./token-sale.ts";
import { ASK_DEADLINE, type Order, RESALE_PRICE_IN_TOKEN, RESALE_PRICE_WEI } from "./workload.ts";

const { dependencies: VERSIONS } = manifest;
const OPENZEPPELIN = VERSIONS["@openzeppelin/contracts"];

type Peer = { name: string; contract: string; hasSeatIds?: boolean; method?: string };

const PEERS: readonly Peer[] = [
  { name: `OpenZeppelin ERC721 ${OPENZEPPELIN}`, contract: "OpenZeppelinTickets" },
  {
    name: `OpenZeppelin ERC721Enumerable ${OPENZEPPELIN}`,
    contract: "OpenZeppelinEnumerableTickets",
  },
  {
    name: `ERC721A ${VERSIONS.erc721a}, numbered tickets`,
    contract: "Erc721aTickets",
    hasSeatIds: false,
    method: "mintNumbers",
  },
  {
    name: `ERC721A ${VERSIONS.erc721a}, seats as ids`,
    contract: "Erc721aTickets",
    method: "mintSeats",
  },
  { name: `Solady ERC721 ${VERSIONS.solady}`, contract: "SoladyTickets" },
];

export async function peers(tools: ContenderTools): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const peer of PEERS) contenders.push(await token(peer, tools));
  contenders.push(await publicLock(tools));
  return contenders;
}

async function token(peer: Peer, tools: ContenderTools): Promise<Contender> {
  const { chain, artifacts, people } = tools;
  const { name, hasSeatIds = true, method = "mint" } = peer;
  const contract = await chain.deploy(await artifacts.peer(peer.contract), []);
  return {
    ...base(name, contract),
    hasSeatIds,
    mint: async (orders) =>
      await contract.send(method, hasSeatIds ? seatsOf(orders) : countsOf(orders)),
    checkIn: async (ids) => await contract.send("checkIn", [ids]),
    async resell(id) {
      const signature = await signAsk(contract, tools, { id, price: RESALE_PRICE_WEI });
      const call = { from: people.buyer, value: RESALE_PRICE_WEI };
      return await contract.send("buy", [id, ASK_DEADLINE, signature], call);
    },
    openTokenSale: async () => await openTokenSale(peer, tools),
  };
}

/** The same tickets in a contract that has a market for a token as well. */
async function openTokenSale(peer: Peer, tools: ContenderTools): Promise<() => Promise<Sent>> {
  const { chain, artifacts, people } = tools;
  const { hasSeatIds = true, method = "mint" } = peer;
  const { currency, allow } = await openCurrency(tools);
  const artifact = await artifacts.peer(`${peer.contract}InToken`);
  const contract = await chain.deploy(artifact, [currency.address]);
  await allow(contract.address);
  const mint = async (orders: readonly Order[]) =>
    await contract.send(method, hasSeatIds ? seatsOf(orders) : countsOf(orders));
  const ids = await mintForSale(mint, people);
  return async () => {
    const [id = 0n] = ids.splice(0, 1);
    const price = RESALE_PRICE_IN_TOKEN;
    const signature = await signAsk(contract, tools, { id, price });
    const call = { from: people.buyer };
    return await contract.send("buyInToken", [id, price, ASK_DEADLINE, signature], call);
  };
}

async function signAsk(
  { address }: Contract,
  { chain, people }: ContenderTools,
  { id, price }: { id: bigint; price: bigint },
): Promise<Hex> {
  return await chain.signTyped(people.seller, {
    domain: { name: "Tickets", version: "1", verifyingContract: address },
    primaryType: "Ask",
    types: {
      Ask: [
        { name: "id", type: "uint256" },
        { name: "price", type: "uint256" },
        { name: "deadline", type: "uint256" },
      ],
    },
    message: { id: String(id), price: String(price), deadline: String(ASK_DEADLINE) },
  });
}

/** Unlock's tickets are keys that end; these never do. It has neither a check-in nor a market. */
async function publicLock({ chain, artifacts, people }: ContenderTools): Promise<Contender> {
  const contract = await chain.deploy(await artifacts.peer("PublicLock"), []);
  const keysMax = 10n ** 9n;
  const keysPerWalletMax = 10n ** 6n;
  const terms = [people.minter, keysMax, zeroAddress, 0n, keysMax, "Tickets"];
  await contract.send("initialize", terms);
  await contract.send("updateLockConfig", [keysMax, keysMax, keysPerWalletMax]);
  return {
    ...base(`Unlock PublicLock 15 (${VERSIONS["@unlock-protocol/contracts"]})`, contract),
    hasSeatIds: false,
    mint: async (orders) => {
      const [wallets] = seatsOf(orders);
      const ends = wallets.map(() => maxUint256);
      return await contract.send("grantKeys", [wallets, ends, wallets.map(() => zeroAddress)]);
    },
  };
}

function base(name: string, contract: Contract) {
  return {
    name,
    bytes: contract.bytes,
    deployGas: contract.deployGas,
    transfer: async (id: bigint, from: Hex, to: Hex) =>
      await contract.send("transferFrom", [from, to, id], { from }),
  };
}

function seatsOf(orders: readonly Order[]): [Hex[], bigint[]] {
  const seats = orders.flatMap(({ to, ids }) => ids.map((id) => ({ to, id })));
  return [seats.map(({ to }) => to), seats.map(({ id }) => id)];
}

function countsOf(orders: readonly Order[]): [Hex[], number[]] {
  return [orders.map(({ to }) => to), orders.map(({ ids }) => ids.length)];
}
