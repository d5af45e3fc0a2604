// Every environment variable with what it is for; the reader and .env.example are made from it.

export interface Variable {
  name: string;
  about: string;
  /** What stands in .env.example, and for whom. */
  example: string;
}

export const VARIABLES = [
  { name: "NODE_ENV", about: "development or production", example: "production" },
  { name: "HOST", about: "Address that the API listens on", example: "127.0.0.1" },
  { name: "PORT", about: "Port that the API listens on", example: "4280" },
  {
    name: "PUBLIC_URL",
    about: "Where fans reach the API; sign-in messages name its host",
    example: "https://tickets.example.org",
  },
  {
    name: "DATABASE_URL",
    about: "PostgreSQL 15 or newer; the user must own the database",
    example: "postgresql://stagedoor:secret@db.example.org:5432/stagedoor",
  },
  {
    name: "LOOKUP_DATABASE_URLS",
    about:
      "Read replicas of that database, with commas, each one server; they answer lookups while they " +
      "are new enough, and never anything about a sale",
    example: "",
  },
  {
    name: "LOOKUP_LAG_MAX_MS",
    about:
      "How far behind the primary a replica that answers lookups may be, in milliseconds, 500 to 60000",
    example: "2000",
  },
  {
    name: "REDIS_URL",
    about:
      "redis:// for one server, redis+sentinel://:password@host:port,host:port/name, " +
      "redis+cluster://:password@host:port,host:port; rediss for TLS in each",
    example: "rediss://:secret@redis.example.org:6379",
  },
  {
    name: "DEPLOYMENTS",
    about:
      "JSON list of Tickets contracts: id (small, never reused), chainId, rpcUrl (http or https), " +
      "tickets, startBlock; and where there are any: modules {splits, resale, boxOffice, renderer}, " +
      "currencies (ISO code to token; ETH to the zero address), wsUrl (ws or wss; where the node " +
      "tells of new blocks, which are then mirrored at once), moreRpcUrls (other nodes of the " +
      'chain: asked when the first is silent, and compared with it), finality ("finalized", "safe" or a number of blocks), ' +
      'fees ({"perTicket","perHour"}: what a key may spend on minting, in wei)',
    example:
      '[{"id":1,"chainId":8453,"rpcUrl":"https://rpc.example.org","tickets":"0x0000000000000000000000000000000000000001","startBlock":0}]',
  },
  {
    name: "MINTER_KEY",
    about:
      "Key that mints, or several with commas between, which mint side by side; each needs MINTER_ROLE and coin for gas. A key is aws-kms:<region>:<key>, gcp-kms:projects/… or, on a development chain alone, private",
    example: "",
  },
  {
    name: "ORGANISER_KEY",
    about:
      "Key that puts events on chain; it needs ORGANISER_ROLE and coin for gas, and is another one than MINTER_KEY",
    example: "",
  },
  {
    name: "REFUNDER_KEY",
    about:
      "Key that makes refunded tickets void; it needs REFUNDER_ROLE and coin for gas, and is another one than the other keys",
    example: "",
  },
  {
    name: "GATE_KEY",
    about:
      "Key that tells the chain who was admitted; it needs GATE_ROLE and coin for gas, and is another one than the other keys",
    example: "",
  },
  {
    name: "PAYOUT_KEY",
    about:
      "Key that pays out royalties and escrow when they are due, and anchors the audit log; it needs coin for gas and no role, and is another one than the other keys",
    example: "",
  },
  {
    name: "PAYOUT_EVERY_MINUTES",
    about: "How often the royalties of an event are shared out at most",
    example: "60",
  },
  {
    name: "PAYOUT_GAS_PERCENT",
    about:
      "What the gas of a payout may be at most, in percent of what is paid in the chain's coin",
    example: "2",
  },
  {
    name: "ANCHOR_EVERY_MINUTES",
    about: "How often the end of the audit log is written on chain, if it has grown",
    example: "1440",
  },
  {
    name: "VOUCHER_KEY",
    about:
      "Key that signs vouchers, with which wallets pay on chain; it needs VOUCHER_ROLE, no coin, and is another one than the other keys",
    example: "",
  },
  {
    name: "PAYMENT_PROVIDER",
    about: "stripe (cards), development (local chain only) or none",
    example: "none",
  },
  {
    name: "STRIPE_SECRET_KEY",
    about:
      "Secret or restricted key of Stripe, for PAYMENT_PROVIDER=stripe; a test key on a test chain",
    example: "",
  },
  {
    name: "STRIPE_WEBHOOK_SECRET",
    about: "What Stripe signs its webhooks to /v1/stripe/events with (whsec_...)",
    example: "",
  },
  {
    name: "STRIPE_ACCOUNT",
    about: "Connected account (acct_...) that is charged; empty for the key's own",
    example: "",
  },
  {
    name: "STRIPE_API_URL",
    about: "Stands in for Stripe, for tests on a local chain only",
    example: "",
  },
  {
    name: "WALLET",
    about: "development (a test wallet in the page, local chain only) or none",
    example: "none",
  },
  {
    name: "TRUST_PROXY",
    about:
      "Proxies whose X-Forwarded-For names the caller: addresses or networks, comma separated, " +
      "or loopback, linklocal, uniquelocal; empty for none",
    example: "",
  },
  {
    name: "RATE_LIMIT_SCALE",
    about: "Multiplies every rate limit; 0 switches them off, behind a gateway with its own",
    example: "1",
  },
  {
    name: "STAGEDOOR_OPERATORS",
    about:
      "Wallets that operate the platform from the first start on, with commas; they name the others",
    example: "",
  },
  {
    name: "GRACE_MS",
    about:
      "How long the API goes on taking requests after SIGTERM while /readyz says no, in " +
      "milliseconds, 3000 at most: so long a balancer may take to notice",
    example: "2000",
  },
  {
    name: "DRAIN_MS",
    about:
      "How long a stop then waits for answers that are under way, in milliseconds, 8000 at most",
    example: "8000",
  },
  { name: "LOG_LEVEL", about: "fatal, error, warn, info, debug or trace", example: "info" },
  {
    name: "WORKER_HEALTH_PORT",
    about: "Port of the worker's /healthz, /readyz and /metrics; 0 for none",
    example: "4281",
  },
  {
    name: "INDEXER_HEALTH_PORT",
    about: "Port of the indexer's /healthz, /readyz and /metrics; 0 for none",
    example: "4282",
  },
] as const satisfies readonly Variable[];

export type VariableName = (typeof VARIABLES)[number]["name"];
