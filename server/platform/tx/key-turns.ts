// One signing key in one process: its work is done turn by turn on each chain, under the lane's lease.
import { Bug } from "../../domain/failure.ts";
import type { Chain, Chains } from "../chain.ts";
import type { Db } from "../db/client.ts";
import type { Log } from "../log.ts";
import { fillGap } from "./fill-gap.ts";
import type { Lane } from "./lane.ts";
import { outbidStuck } from "./outbid-stuck.ts";
import type { Signer } from "./signer.ts";
import type { TxStore } from "./tx-store.ts";

export interface KeyDeps {
  db: Db;
  chains: Chains;
  signer: Signer;
  /** This process, as the lanes' leases name it. */
  holder: string;
  log: Log;
}

/** The same with no more of the database than the turns themselves take. */
export type TurnDeps = Omit<KeyDeps, "db"> & { store: TxStore };

export interface KeyTurns {
  /** Does the work when the lane is ours, and nothing when another process has it. */
  onLane(chain: Chain, work: (lane: Lane) => Promise<void>): Promise<void>;
  /** Sees to it that what we have sent can go on: no nonce missing, none that no block takes. */
  keepMoving(): Promise<void>;
}

/** A key with its lanes, for whoever has something else to send by it. */
export interface KeyLane extends Pick<KeyTurns, "onLane"> {
  signer: Signer;
}

export function createKeyTurns(deps: TurnDeps): KeyTurns {
  const { store, signer, holder } = deps;
  const turns = new Map<number, Promise<void>>();

  const onLane: KeyTurns["onLane"] = (chain, work) => {
    const { chainId } = chain.deployment;
    return inTurn(chainId, async () => {
      const lane = await store.takeLane({ chainId, signer: signer.address, holder });
      if (lane !== undefined) await work(lane);
    });
  };

  /** One step at a time per lane within this process; the lease does the same between processes. */
  const inTurn = (chainId: number, turn: () => Promise<void>): Promise<void> => {
    const before = turns.get(chainId) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(turn);
    turns.set(chainId, mine);
    return mine;
  };

  return {
    onLane,
    keepMoving: async () => {
      for (const chain of deps.chains.values()) {
        await onLane(chain, async (lane) => {
          if (!(await fillGap(deps, { chain, lane }))) await outbidStuck(deps, { chain, lane });
        }).catch((err) => {
          if (err instanceof Bug) throw err;
          deps.log.warn({ err, chainId: chain.deployment.chainId }, "the lane waits");
        });
      }
    },
  };
}
