// The mint line as it runs on a night: a house, its chain, a worker with some keys, and an indexer.
import { keccak256, toHex } from "viem";
import { anvilAccount } from "#scripts/services/anvil-keys.ts";
import { type BackProcess, startBack } from "#test/support/back-process.ts";
import { rpc, write } from "#test/support/chain.ts";
import { type House, openHouse } from "#test/support/house.ts";
import { openLargeEvent } from "#test/support/owed-lines.ts";

export const EVENT_ID = 77;

const FIRST_KEY = 10;
const MINTER_ROLE = keccak256(toHex("MINTER_ROLE"));
/** The contract's brake on a stolen key, out of the way of what is measured. */
const TICKETS_PER_WINDOW = 10_000_000n;
const WINDOW_S = 3_600;

export interface MintLine {
  house: House;
  /** Only then are lines minted. */
  startWorker(): Promise<void>;
  close(): Promise<void>;
}

export async function openLine(options: { keys: number; gasLimit: number }): Promise<MintLine> {
  const house = await openHouse();
  const { chain } = house;
  await rpc(chain, "evm_setBlockGasLimit", [toHex(options.gasLimit)]);
  const keys = Array.from({ length: options.keys }, (_, at) => anvilAccount(FIRST_KEY + at));
  await openLargeEvent(house, EVENT_ID);
  const limit = [MINTER_ROLE, TICKETS_PER_WINDOW, WINDOW_S];
  await write(chain, "admin", { functionName: "setMintLimit", args: limit } as never);
  for (const { address } of keys) {
    await write(chain, "admin", { functionName: "grantRole", args: [MINTER_ROLE, address] });
  }
  const running: BackProcess[] = [await startBack("indexer", house)];
  return {
    house,
    startWorker: async () => {
      const MINTER_KEY = keys.map(({ privateKey }) => privateKey).join();
      running.push(await startBack("worker", house, { MINTER_KEY }));
    },
    close: async () => {
      await Promise.all(running.map((one) => one.stop()));
      await house.close();
    },
  };
}
