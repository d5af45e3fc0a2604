// How the simulated chain goes on: blocks, fees that jump, what is forgotten, reorgs, and other people's transactions.
import { encodeFunctionData, serializeTransaction } from "viem";
import { ticketsAbi } from "#contracts/abi/tickets.ts";
import { encodeRuns } from "#server/domain/mint-runs.ts";
import { readTransaction } from "./chain-node.ts";
import type { ChainTx } from "./chain-state.ts";
import { addressOf, type PaidLine } from "./scenario.ts";
import { DEPLOYMENT, type World } from "./world.ts";

const REORG_DEPTH_MAX = 32;
/** More than most chains ever see. */
const DEEP = 16;
const SPIKE_BLOCKS_MAX = 80;
const SPIKE_FACTOR_MAX = 60;
/** Also a full mempool is emptied in time. */
const TAKEN_PERMILLE = 850;
const STRANGER = addressOf("bb", 1);
const STRANGERS_FEE = 10n ** 13n;

export function runChain(world: World): { strangersSeats: ReadonlySet<bigint> } {
  const { timeline, dice, scenario, chain, weather } = world;
  const strangersSeats = new Set<bigint>();
  let spike = { factor: 1, blocks: 0 };

  const baseFee = () => scenario.baseFee * BigInt(spike.factor);
  const mine = (wants: (tx: ChainTx) => boolean) => {
    const block = chain.mine(baseFee(), wants);
    const what = block.txs.map(({ tx, ok }) => `${tx.from.slice(-2)}/${tx.nonce}${ok ? "" : "!"}`);
    timeline.note(`block ${block.number} ${block.hash.slice(2, 8)} [${what.join(" ")}]`);
    for (const { tx, ok } of block.txs) {
      if (ok && tx.from === STRANGER)
        for (const each of tx.mints) strangersSeats.add(each.ticketId);
    }
  };
  const take = () => dice.permille(TAKEN_PERMILLE);

  const reorg = () => {
    const depth = Math.min(dice.between(1, REORG_DEPTH_MAX), chain.head().number);
    timeline.note(`reorg of ${depth}`);
    timeline.tally(depth > DEEP ? "deep reorg" : "reorg");
    for (const tx of chain.rollBack(depth)) {
      // A stranger who loses a seat comes back as seldom as anybody.
      if (!dice.permille(weather.faults().drop)) chain.pool.set(`${tx.from}:${tx.nonce}`, tx);
    }
    for (let made = 0; made <= depth; made += 1) mine(() => dice.permille(400));
  };
  const forget = () => {
    for (const [at, tx] of chain.pool) {
      if (!dice.permille(weather.faults().drop / 10)) continue;
      timeline.tally("a forgotten transaction");
      timeline.note(`the mempool forgets ${tx.from.slice(-2)}/${tx.nonce}`);
      chain.pool.delete(at);
    }
  };
  const next = () => {
    const faults = weather.faults();
    if (spike.blocks > 0 && faults.spike > 0) spike.blocks -= 1;
    else spike = { factor: 1, blocks: 0 };
    if (dice.permille(faults.spike)) {
      spike = {
        factor: dice.between(2, SPIKE_FACTOR_MAX),
        blocks: dice.between(1, SPIKE_BLOCKS_MAX),
      };
    }
    forget();
    if (dice.permille(faults.reorg)) reorg();
    else mine(take);
    timeline.after(scenario.blockMs, next);
  };
  timeline.after(scenario.blockMs, next);

  for (const { atMs, line } of scenario.strangers) {
    timeline.after(atMs, () => chain.accept(strangersMint(world, line)));
  }
  for (const { atMs, key } of scenario.misuses) {
    timeline.after(atMs, () => {
      timeline.tally("a stolen nonce");
      timeline.note(`somebody else uses the key ${key.slice(-2)}`);
      const nonce = chain.nonceAt(key);
      const raw = signedBy(key, { to: key, nonce, data: "0x", maxFeePerGas: STRANGERS_FEE });
      chain.pool.set(`${key}:${nonce}`, readTransaction(raw));
    });
  }
  return { strangersSeats };
}

function strangersMint({ timeline, chain, deployment }: World, line: PaidLine): ChainTx {
  timeline.tally("a stranger's mint");
  timeline.note(`somebody else mints ${line.ticketId}`);
  const runs = encodeRuns([{ ticketId: line.ticketId, owner: STRANGER }]);
  const args = [BigInt(line.eventId), line.class, Number(line.unitPrice), runs] as const;
  const data = encodeFunctionData({ abi: ticketsAbi, functionName: "mintRuns", args });
  const inPool = [...chain.pool.values()].filter(({ from }) => from === STRANGER).length;
  const nonce = chain.nonceAt(STRANGER) + inPool;
  const tx = { to: deployment.tickets, nonce, data, maxFeePerGas: STRANGERS_FEE };
  return readTransaction(signedBy(STRANGER, tx));
}

/** Of a key that is in other hands, and of who mints our seats. */
function signedBy(
  from: `0x${string}`,
  tx: { to: `0x${string}`; nonce: number; data: `0x${string}`; maxFeePerGas: bigint },
): `0x${string}` {
  const r = `0x${from.slice(2).padStart(64, "0")}` as const;
  const s = `0x${"1".padStart(64, "5")}` as const;
  const rest = { chainId: DEPLOYMENT.chainId, gas: 1_000_000n, maxPriorityFeePerGas: 1n };
  return serializeTransaction({ type: "eip1559", ...rest, ...tx }, { r, s, yParity: 0 });
}
