// The peer: Ponder on the product's contracts, its limit of requests lifted and nothing kept of other runs.
import { createConfig } from "ponder";
import { type Abi, http } from "viem";

type Hex = `0x${string}`;

interface Target {
  rpcUrl: string;
  chainId: number;
  startBlock: number;
  tickets: Hex;
  modules: { resale: Hex };
}

const { deployment, abis, pollMs, databaseUrl } = JSON.parse(process.env.BENCH_ORDER as string) as {
  databaseUrl: string;
  pollMs: number;
  tickets: Abi;
  resale: Abi;
  deployment: Target;
};
const { rpcUrl, chainId, startBlock, tickets, modules } = deployment;
const network = "local" as const;

export default createConfig({
  database: { kind: "postgres", connectionString: databaseUrl },
  networks: {
    local: {
      ...{ chainId, transport: http(rpcUrl), disableCache: true },
      maxRequestsPerSecond: 100_000,
      pollingInterval: pollMs,
    },
  },
  contracts: {
    Tickets: { network, abi: abis.tickets, address: tickets, startBlock },
    Resale: { network, abi: abis.resale, address: modules.resale, startBlock },
  },
});
