// What a contract must be able to do to be measured, and the state in which it is measured.
import type { Hex } from "viem";
import type { Artifacts } from "./artifacts.ts";
import type { Chain, Sent } from "./chain.ts";
import type { Order } from "./workload.ts";

export type People = { minter: Hex; seller: Hex; buyer: Hex };

export type Contender = {
  name: string;
  /** A contract that numbers its tickets does other work: its ids do not say which seat it is. */
  hasSeatIds: boolean;
  bytes: number;
  deployGas: number;
  /** All orders in one transaction, at one price where the contract keeps prices. */
  mint(orders: readonly Order[]): Promise<Sent>;
  /** The same orders at three prices, in as many transactions as that takes. */
  mintAtPrices?(orders: readonly Order[]): Promise<Sent>;
  transfer?(id: bigint, from: Hex, to: Hex): Promise<Sent>;
  /** Brings the chain to the hours in which the gate is open; then the check-in. */
  openGate?(): Promise<void>;
  checkIn?(ids: readonly bigint[]): Promise<Sent>;
  /** Sells a ticket of the seller to the buyer by the seller's signed ask. */
  resell?(id: bigint): Promise<Sent>;
  /** Sets up a sale in a token like the one in coin; each call of the answer resells a ticket. */
  openTokenSale?(): Promise<() => Promise<Sent>>;
};

export type ContenderTools = { chain: Chain; artifacts: Artifacts; people: People };
