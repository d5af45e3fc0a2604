// The simulated chain answers the product's own client as a real node does: nonces, receipts, refusals and reverts.
import { expect } from "chai";
import {
  createPublicClient,
  custom,
  keccak256,
  type PublicClient,
  serializeTransaction,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { ANVIL_ROLES, anvilAccount } from "#scripts/services/anvil-keys.ts";
import type { MintLine } from "#server/mint/choose-lines.ts";
import { type Simulation, simulateMint } from "#server/mint/simulate.ts";
import type { Chain } from "#server/platform/chain.ts";
import { createLocalSigner, type Signer } from "#server/platform/tx/signer.ts";
import { askChain, gasLimitOf } from "#server/platform/tx/store-tx.ts";
import { waitForReceipt } from "../support/chain.ts";
import { openHouse } from "../support/house.ts";
import { ticketAt } from "../support/owed-lines.ts";
import { openNode } from "./chain-node.ts";
import { ChainState } from "./chain-state.ts";
import { addressOf } from "./scenario.ts";
import { DEPLOYMENT } from "./world.ts";

interface Rig {
  chain: Chain;
  /** May mint. */
  minter: Signer;
  /** Has coin, and no transactions yet. */
  fresh: Signer;
  eventId: number;
  owner: `0x${string}`;
  mined(hash: `0x${string}`): Promise<void>;
  close(): Promise<void>;
}

const OWNER = `0x${"f".repeat(40)}` as const;
const SIM_COIN = 10n ** 20n;
const RICH = `0x${(10n ** 20n).toString(16)}`;

async function openSimRig(): Promise<Rig> {
  const state = new ChainState();
  const node = openNode(state, { finality: 64, knowsFinalized: true, coinOf: () => SIM_COIN });
  const request = async ({ method, params }: { method: string; params?: unknown }) =>
    node.answer(method, (params ?? []) as unknown[]);
  const client = createPublicClient({
    cacheTime: 0,
    transport: custom({ request }, { retryCount: 0 }),
  }) as PublicClient;
  let signatures = 0;
  const signerOf = (address: `0x${string}`): Signer => ({
    address,
    sign: async (transaction) => {
      signatures += 1;
      const r = `0x${address.slice(2).padStart(64, "0")}` as const;
      const s = `0x${String(signatures).padStart(64, "5")}` as const;
      return serializeTransaction(transaction, { r, s, yParity: 0 });
    },
  });
  return {
    chain: { deployment: DEPLOYMENT, client },
    minter: signerOf(addressOf("aa", 1)),
    fresh: signerOf(addressOf("aa", 2)),
    ...{ eventId: 1, owner: OWNER },
    mined: async () => void state.mine(1n, () => true),
    close: async () => undefined,
  };
}

async function openRealRig(): Promise<Rig> {
  const house = await openHouse();
  const key = generatePrivateKey();
  const params = [privateKeyToAccount(key).address, RICH] as const;
  await house.chain.client.request({ method: "anvil_setBalance", params } as never);
  return {
    chain: house.chain,
    minter: createLocalSigner(anvilAccount(ANVIL_ROLES.minter).privateKey),
    fresh: createLocalSigner(key),
    ...{ eventId: house.event.eventId, owner: OWNER },
    mined: async (hash) => void (await waitForReceipt(house.chain, hash)),
    close: () => house.close(),
  };
}

for (const [name, open] of [
  ["simulated", openSimRig],
  ["real", openRealRig],
] as const) {
  describe(`a ${name} node`, () => {
    let rig: Rig;
    let place = 900;
    before(async () => {
      rig = await open();
    });
    after(() => rig.close());

    const lineOf = (owner = rig.owner): MintLine => {
      place += 1;
      const ticketId = ticketAt(rig.eventId, place);
      return { id: BigInt(place), ticketId, owner, class: 0, unitPrice: 4_500n };
    };
    const simulate = (lines: MintLine[]): Promise<Simulation> => {
      const from = rig.minter.address;
      return simulateMint({ chain: rig.chain, from, eventId: rig.eventId }, lines);
    };
    const sign = async (
      by: Signer,
      more: { nonce?: bigint; data?: `0x${string}`; gas?: bigint },
    ) => {
      const facts = await askChain(rig.chain, by.address);
      const { maxFeePerGas, maxPriorityFeePerGas } = facts;
      const { chainId, tickets } = rig.chain.deployment;
      const raw = await by.sign({
        ...{ type: "eip1559", chainId, maxFeePerGas, maxPriorityFeePerGas },
        to: more.data === undefined ? by.address : tickets,
        nonce: Number(more.nonce ?? facts.used),
        ...{ data: more.data ?? "0x", gas: more.gas ?? 21_000n },
      });
      return { raw, hash: keccak256(raw) };
    };
    const send = (raw: `0x${string}`) =>
      rig.chain.client.sendRawTransaction({ serializedTransaction: raw });
    const refusal = async (raw: `0x${string}`) => {
      try {
        await send(raw);
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error("it was taken");
    };
    const mint = async (lines: MintLine[]) => {
      const { mintable } = await simulate(lines);
      if (mintable === undefined) throw new Error("none can be minted");
      const gas = gasLimitOf(mintable.gas);
      const signed = await sign(rig.minter, { data: mintable.data, gas });
      await send(signed.raw);
      await rig.mined(signed.hash);
      return signed;
    };

    it("counts an account's transactions, and names its coin and the fees", async () => {
      const before = await askChain(rig.chain, rig.fresh.address);
      expect(before.used).to.equal(0n);
      expect(before.coin > 0n).to.equal(true);
      expect(before.maxFeePerGas >= before.maxPriorityFeePerGas).to.equal(true);
      const { raw, hash } = await sign(rig.fresh, {});
      expect(await send(raw)).to.equal(hash);
      await rig.mined(hash);
      expect((await askChain(rig.chain, rig.fresh.address)).used).to.equal(1n);
    });

    it("has a receipt for what is in a block, and says so for what is not", async () => {
      const { raw, hash } = await sign(rig.fresh, {});
      const ask = () => rig.chain.client.getTransactionReceipt({ hash });
      const missing = await ask().catch((error: Error) => error.name);
      expect(missing).to.equal("TransactionReceiptNotFoundError");
      await send(raw);
      await rig.mined(hash);
      expect((await ask()).status).to.equal("success");
    });

    it("refuses a nonce that is used, in words that the product knows", async () => {
      const { raw, hash } = await sign(rig.fresh, {});
      await send(raw);
      await rig.mined(hash);
      expect(await refusal(raw)).to.match(/nonce too low|already known|already imported/i);
    });

    it("keeps a later nonce waiting, knows it again, and wants more for its place", async () => {
      const { used } = await askChain(rig.chain, rig.fresh.address);
      const later = await sign(rig.fresh, { nonce: used + 1n });
      await send(later.raw);
      expect(await refusal(later.raw)).to.match(
        /already known|already imported|known transaction/i,
      );
      const other = await sign(rig.fresh, { nonce: used + 1n, gas: 22_000n });
      expect(await refusal(other.raw)).to.match(/underpriced/i);
      const first = await sign(rig.fresh, { nonce: used });
      await send(first.raw);
      await rig.mined(first.hash);
      await rig.mined(later.hash);
      expect((await askChain(rig.chain, rig.fresh.address)).used).to.equal(used + 2n);
    });

    it("mints what a simulation allows, and names the seat that is taken in the next", async () => {
      const [one, two] = [lineOf(), lineOf()];
      const before = await simulate([one, two]);
      expect(before.poisoned).to.deep.equal([]);
      expect(before.mintable?.lines).to.deep.equal([one, two]);
      await mint([one]);
      const after = await simulate([one, two]);
      expect(after.poisoned).to.deep.equal([{ line: one, reason: "TicketsSeatTaken" }]);
      expect(after.mintable?.lines).to.deep.equal([two]);
    });

    it("refuses the address 0, and the product finds whose it is", async () => {
      const [one, bad, two] = [lineOf(), lineOf(`0x${"0".repeat(40)}`), lineOf()];
      const { poisoned, mintable } = await simulate([one, bad, two]);
      expect(poisoned).to.deep.equal([{ line: bad, reason: "ERC721InvalidReceiver" }]);
      expect(mintable?.lines).to.deep.equal([one, two]);
    });

    it("knows how many transactions were final", async () => {
      const ask = { address: rig.fresh.address, blockTag: "finalized" } as const;
      const final = await rig.chain.client.getTransactionCount(ask);
      const { used } = await askChain(rig.chain, rig.fresh.address);
      expect(BigInt(final) <= used).to.equal(true);
    });
  });
}
