// Does what the plan says to the rig, at its time, and mends what a fault would leave broken for ever.
import { Redis } from "ioredis";
import { toHex } from "viem";
import { withBlockLock } from "#scripts/services/block-lock.ts";
import { rpcCall } from "#scripts/services/json-rpc.ts";
import { systemClock } from "#server/platform/clock.ts";
import { describeFault, type Fault, type Planned } from "./plan.ts";
import { PROCESSES, type Rig } from "./rig.ts";

export interface Struck {
  kills: number;
  /** Of a kill whose victim was still dead of the one before. */
  missed: number;
  others: number;
}

type Say = (text: string) => void;

const WAKE_POLL_MS = 50;
/** A victim that is on its way up is worth waiting for, not for ever. */
const ALIVE_LIMIT_MS = 15_000;
const SLOW_MS = 400;
const RPC_TIMEOUT_MS = 5_000;
const RPC_TRIES_MAX = 30;
const GWEI = 1_000_000_000n;
const USUAL_GWEI = 1;
/** What anvil had been asked while it stood still is done by then. */
const AFTER_STOP_MS = 2_000;

export async function strike(rig: Rig, plan: readonly Planned[], say: Say): Promise<Struck> {
  const beganMs = systemClock.monotonicMs();
  const struck: Struck = { kills: 0, missed: 0, others: 0 };
  const chain = createQueue();
  const under: Promise<void>[] = [];
  for (const { atMs, fault } of plan) {
    const leftMs = atMs - (systemClock.monotonicMs() - beganMs);
    if (leftMs > 0) await systemClock.sleep(leftMs);
    if (fault.kind === "kill") {
      under.push(kill(rig, fault, { struck, say }));
      continue;
    }
    struck.others += 1;
    const touchesChain = isOfChain(fault);
    const work = () => {
      say(describeFault(fault));
      return inflict(rig, fault);
    };
    under.push(touchesChain ? chain(work) : work());
  }
  await Promise.all(under);
  return struck;
}

/** A chain that stands still can neither be changed nor asked: these come one after another. */
function isOfChain(fault: Fault): boolean {
  return (
    fault.kind === "reorg" ||
    fault.kind === "fees" ||
    (fault.kind === "stop" && fault.part === "chain")
  );
}

function createQueue(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (work) => {
    last = last.then(work);
    return last;
  };
}

async function kill(
  rig: Rig,
  fault: Fault & { kind: "kill" },
  { struck, say }: { struck: Struck; say: Say },
): Promise<void> {
  const part = rig.part(fault.part);
  const endMs = systemClock.monotonicMs() + ALIVE_LIMIT_MS;
  while (systemClock.monotonicMs() < endMs) {
    const pid = part.pid();
    if (part.signal("SIGKILL")) {
      struck.kills += 1;
      say(`${describeFault(fault)} (process ${pid})`);
      return;
    }
    await systemClock.sleep(WAKE_POLL_MS);
  }
  struck.missed += 1;
  say(`${fault.part} was not there to be killed`);
}

async function inflict(rig: Rig, fault: Exclude<Fault, { kind: "kill" }>): Promise<void> {
  switch (fault.kind) {
    case "stop": {
      const part = rig.part(fault.part);
      part.signal("SIGSTOP");
      await systemClock.sleep(fault.forMs);
      part.signal("SIGCONT");
      if (fault.part === "chain") await systemClock.sleep(AFTER_STOP_MS);
      return;
    }
    case "flush":
      return flushAll(rig);
    case "wire": {
      const wire = rig.wire(fault.process, fault.service);
      if (fault.how === "slow") wire?.slow(SLOW_MS);
      else wire?.[fault.how]();
      await systemClock.sleep(fault.forMs);
      wire?.heal();
      return;
    }
    case "chain-gone": {
      for (const name of PROCESSES) rig.wire(name, "chain")?.hush();
      await systemClock.sleep(fault.forMs);
      for (const name of PROCESSES) rig.wire(name, "chain")?.heal();
      return;
    }
    case "reorg":
      return onChain(rig, "anvil_reorg", [fault.depth, []]);
    case "fees": {
      await setBaseFee(rig, fault.gwei);
      await systemClock.sleep(fault.forMs);
      await setBaseFee(rig, USUAL_GWEI);
    }
  }
}

/** Empty blocks make it fall again by an eighth each; from a spike that takes a minute. */
async function setBaseFee(rig: Rig, gwei: number): Promise<void> {
  const fee = toHex(BigInt(gwei) * GWEI);
  await onChain(rig, "anvil_setNextBlockBaseFeePerGas", [fee]);
}

/** Only while no block is made: anvil would lose one for good, and stay without it. */
async function onChain(rig: Rig, method: string, params: unknown[]): Promise<void> {
  const { rpcUrl: url, blockLock } = rig.stage.services;
  const call = { url, method, params, timeoutMs: RPC_TIMEOUT_MS };
  await withBlockLock(blockLock, () => rpcCall(call));
}

async function flushAll({ stage }: Rig): Promise<void> {
  const { redisUrl } = stage.services;
  for (let tried = 1; tried <= RPC_TRIES_MAX; tried += 1) {
    const client = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.flushall();
      return;
    } catch {
      // Killed in this moment, or on its way up.
      await systemClock.sleep(RPC_TIMEOUT_MS / RPC_TRIES_MAX);
    } finally {
      client.disconnect();
    }
  }
}
