// The numbers that a process shows at /metrics.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const REQUEST_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const BATCH_BUCKETS_TICKETS = [1, 2, 5, 10, 25, 50, 75, 100];
const BATCH_BUCKETS_GAS = [30_000, 35_000, 40_000, 50_000, 75_000, 100_000, 150_000];

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(process: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requestSeconds: new Histogram({
      name: "stagedoor_request_seconds",
      help: "Time to answer a request, by route and status.",
      labelNames: ["route", "status"],
      buckets: REQUEST_BUCKETS_SECONDS,
      registers,
    }),
    requestsRefused: new Counter({
      name: "stagedoor_requests_refused_total",
      help: "Requests over a quota, by policy.",
      labelNames: ["policy"],
      registers,
    }),
    requestsUncounted: new Counter({
      name: "stagedoor_requests_uncounted_total",
      help: "Requests that could not be counted, because Redis did not answer, by policy.",
      labelNames: ["policy"],
      registers,
    }),
    seatListeners: new Gauge({
      name: "stagedoor_seat_listeners",
      help: "Connections that listen to a live seat map.",
      registers,
    }),
    seatListenersDropped: new Counter({
      name: "stagedoor_seat_listeners_dropped_total",
      help: "Listeners that did not read as fast as seats changed, and were told to poll.",
      registers,
    }),
    orderListeners: new Gauge({
      name: "stagedoor_order_listeners",
      help: "Connections that listen to an order's tickets on their way.",
      registers,
    }),
    mintLines: new Gauge({
      name: "stagedoor_mint_lines",
      help: "Paid tickets by how far they have come.",
      labelNames: ["state"],
      registers,
    }),
    incidents: new Gauge({
      name: "stagedoor_incidents",
      help: "Differences between the books that nothing explains.",
      registers,
    }),
    ...lookupMetrics(registers),
    ...jobMetrics(registers),
    ...mintMetrics(registers),
    ...mirrorMetrics(registers),
  };
}

/** Who asks the mirror and waits for it, and who answers. */
function lookupMetrics(registers: Registry[]) {
  return {
    factListeners: new Gauge({
      name: "stagedoor_fact_listeners",
      help: "Connections that listen to the facts of the chain.",
      registers,
    }),
    factListenersDropped: new Counter({
      name: "stagedoor_fact_listeners_dropped_total",
      help: "Listeners that took no facts for ten seconds, and were let go.",
      registers,
    }),
    transactionWaiters: new Gauge({
      name: "stagedoor_transaction_waiters",
      help: "Requests that wait until the mirror shows their transaction.",
      registers,
    }),
    lookups: new Counter({
      name: "stagedoor_lookups_total",
      help: "Lookups in the mirror, by the database that answered.",
      labelNames: ["place"],
      registers,
    }),
    replicaLagSeconds: new Gauge({
      name: "stagedoor_replica_lag_seconds",
      help: "How far a replica for lookups is behind the primary at most.",
      labelNames: ["replica"],
      registers,
    }),
  };
}

/** What the chain is told of besides mints. */
function jobMetrics(registers: Registry[]) {
  return {
    jobs: new Gauge({
      name: "stagedoor_jobs",
      help: "What the chain is to be told besides mints, by kind and how far it has come.",
      labelNames: ["kind", "state"],
      registers,
    }),
    jobOldestSeconds: new Gauge({
      name: "stagedoor_job_oldest_seconds",
      help: "How long the oldest job that is due, or on its way, has been so.",
      labelNames: ["kind"],
      registers,
    }),
  };
}

/** What the worker counts; other processes show them at zero. */
function mintMetrics(registers: Registry[]) {
  return {
    mintTransactions: new Counter({
      name: "stagedoor_mint_transactions_total",
      help: "Mint transactions broadcast.",
      registers,
    }),
    mintOldestSeconds: new Gauge({
      name: "stagedoor_mint_oldest_seconds",
      help: "Age of the oldest paid ticket that is not minted yet.",
      registers,
    }),
    mintQueuedSeconds: new Gauge({
      name: "stagedoor_mint_queued_oldest_seconds",
      help: "Age of the oldest paid ticket that no transaction carries yet.",
      registers,
    }),
    mintBatchTickets: new Histogram({
      name: "stagedoor_mint_batch_tickets",
      help: "Tickets of one mint transaction.",
      buckets: BATCH_BUCKETS_TICKETS,
      registers,
    }),
    mintGasPerTicket: new Histogram({
      name: "stagedoor_mint_gas_per_ticket",
      help: "Gas of one ticket, as its batch was simulated.",
      buckets: BATCH_BUCKETS_GAS,
      registers,
    }),
    mintFeePerTicket: new Gauge({
      name: "stagedoor_mint_fee_per_ticket_coin",
      help: "What a ticket of the last batch can cost at most, in the chain's coin.",
      labelNames: ["deployment"],
      registers,
    }),
    laneWaiting: new Gauge({
      name: "stagedoor_lane_transactions",
      help: "Transactions of a key that are signed and in no block that we know of.",
      labelNames: ["chain", "signer"],
      registers,
    }),
    laneGap: new Gauge({
      name: "stagedoor_lane_nonce_gap",
      help: "Nonces of a key that the chain waits for and that no transaction of ours has.",
      labelNames: ["chain", "signer"],
      registers,
    }),
    feeOfCap: new Gauge({
      name: "stagedoor_mint_fee_of_cap",
      help: "What a ticket costs at the fee of now, as a share of what it may cost; above 1 mints wait.",
      labelNames: ["deployment"],
      registers,
    }),
    signerCoin: new Gauge({
      name: "stagedoor_signer_coin",
      help: "What a signing key holds, in the chain's coin.",
      labelNames: ["chain", "signer"],
      registers,
    }),
    signerTickets: new Gauge({
      name: "stagedoor_signer_tickets",
      help: "How many tickets the key's coin still mints at the fee of now.",
      labelNames: ["chain", "signer"],
      registers,
    }),
  };
}

/** What the indexer counts; other processes show them at zero. */
function mirrorMetrics(registers: Registry[]) {
  return {
    mirrorLagBlocks: new Gauge({
      name: "stagedoor_mirror_lag_blocks",
      help: "Blocks that the mirror is behind the chain.",
      labelNames: ["deployment"],
      registers,
    }),
    mirrorFacts: new Counter({
      name: "stagedoor_mirror_facts_total",
      help: "Logs of our contracts that the mirror took in.",
      labelNames: ["deployment"],
      registers,
    }),
    mirrorDrift: new Gauge({
      name: "stagedoor_mirror_drift",
      help: "Values of the mirror that differed from the chain in the last sample.",
      labelNames: ["deployment"],
      registers,
    }),
    mirrorFaults: new Counter({
      name: "stagedoor_mirror_faults_total",
      help: "Rounds in which the chain or the database did not answer as it should.",
      labelNames: ["deployment", "cause"],
      registers,
    }),
    mirrorLeads: new Gauge({
      name: "stagedoor_mirror_leads",
      help: "1 in the process that writes, by lock; 0 in those that would take its place.",
      labelNames: ["lock"],
      registers,
    }),
    mirrorLeadFaults: new Counter({
      name: "stagedoor_mirror_lead_faults_total",
      help: "Times that the lead was neither given nor led by another process, by reason.",
      labelNames: ["lock", "reason"],
      registers,
    }),
    mirrorRpcErrors: new Counter({
      name: "stagedoor_mirror_rpc_errors_total",
      help: "Answers of a chain's nodes that nothing was made of, by what was wrong with them.",
      labelNames: ["deployment", "kind"],
      registers,
    }),
    mirrorReorgs: new Counter({
      name: "stagedoor_mirror_reorgs_total",
      help: "Times that the mirror rolled back to a common ancestor.",
      labelNames: ["deployment"],
      registers,
    }),
  };
}
