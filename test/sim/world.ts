// What the parts of one simulated run share.
import type { Deployment } from "#server/platform/env.ts";
import type { ChainState } from "./chain-state.ts";
import type { Dice } from "./dice.ts";
import type { Rows } from "./rows.ts";
import type { Scenario } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";
import type { Weather } from "./wire.ts";

export interface World {
  timeline: Timeline;
  dice: Dice;
  scenario: Scenario;
  rows: Rows;
  chain: ChainState;
  weather: Weather;
  deployment: Deployment;
}

export const FEE_CAPS = {
  perTicket: 5_000_000_000_000_000n,
  perHour: 5_000_000_000_000_000_000n,
};

export const DEPLOYMENT: Deployment = {
  ...{ id: 1, chainId: 31_337, rpcUrl: "sim", startBlock: 0, fees: FEE_CAPS },
  tickets: "0x00000000000000000000000000000000000000cc",
};
