// The one reader of the environment: parsed once, refused with one sentence.
import { isIP } from "node:net";
import { z } from "zod";
import type { FeeCaps } from "../domain/outbid.ts";
import { LOCAL_CHAIN_ID, refusedParts } from "./development.ts";
import { DRAIN_MS, DRAIN_MS_MAX, GRACE_MS, GRACE_MS_MAX } from "./drain.ts";
import { VARIABLES, type VariableName } from "./env-variables.ts";
import { isKeyReference } from "./tx/signers/parse-key-reference.ts";

export interface Deployment {
  id: number;
  chainId: number;
  rpcUrl: string;
  /** Where the node tells of new blocks; without it, it is asked for them. */
  wsUrl?: string | undefined;
  /** Nodes of the same chain: asked when the first does not answer, and held against it. */
  moreRpcUrls?: readonly string[] | undefined;
  /** When a block is final: a tag of the chain, or so many blocks below its head. */
  finality?: "finalized" | "safe" | number | undefined;
  /** What minting may cost at most, in the chain's coin. */
  fees?: FeeCaps | undefined;
  tickets: `0x${string}`;
  startBlock: number;
  /** The contracts around Tickets; a chain begun by an older checkout has none. */
  modules?: Modules | undefined;
  /** The token in which an event of each currency is resold, by ISO code. */
  currencies?: Readonly<Record<string, `0x${string}`>> | undefined;
}

export interface Modules {
  splits: `0x${string}`;
  resale: `0x${string}`;
  boxOffice: `0x${string}`;
  renderer: `0x${string}`;
}

export interface StripeAccess {
  secretKey: string;
  webhookSecret: string;
  /** Of a platform's connected account; else the key's own is charged. */
  account: string | undefined;
  /** What stands in for Stripe on a local chain. */
  apiUrl: URL | undefined;
}

/** When what is due is paid out by itself, and the audit log's end is written on chain. */
export interface PayoutTerms {
  everyMinutes: number;
  /** What the gas of a payout may be at most, in percent of what is paid. */
  gasPercentMax: number;
  anchorEveryMinutes: number;
}

export interface Env {
  nodeEnv: "development" | "production";
  host: string;
  port: number;
  publicUrl: URL;
  databaseUrl: string;
  /** Replicas of it, for lookups alone. */
  lookups: { databaseUrls: readonly string[]; lagMaxMs: number };
  redisUrl: string;
  deployments: readonly Deployment[];
  /** One lane each; none where nothing is minted. */
  minterKeys: readonly string[];
  organiserKey: string | undefined;
  refunderKey: string | undefined;
  gateKey: string | undefined;
  payoutKey: string | undefined;
  payouts: PayoutTerms;
  voucherKey: string | undefined;
  paymentProvider: "development" | "stripe" | "none";
  /** There exactly when it is the payment provider. */
  stripe: StripeAccess | undefined;
  wallet: "development" | "none";
  /** What Express trusts to say who called. */
  trustProxy: readonly string[];
  rateLimitScale: number;
  /** Lower-case addresses. */
  operators: readonly string[];
  /** How long a stop goes on taking requests, so that balancers notice it first. */
  graceMs: number;
  /** How long it then waits for answers that are under way. */
  drainMs: number;
  logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace";
  workerHealthPort: number;
  indexerHealthPort: number;
}

/** Whoever starts a process reads its message as the whole answer. */
class EnvError extends Error {
  override readonly name = "EnvError";
}

const LOOKUP_REPLICAS_MAX = 8;
/** A replica is asked four times a second, and allowed less it would hardly ever be read. */
const LOOKUP_LAG_MS_MIN = 500;
const LOOKUP_LAG_MS_MAX = 60_000;
const LOOKUP_LAG_MS = 2_000;

const port = z.coerce.number().int().min(0).max(65_535);
const SMALLINT_MAX = 32_767;
const DEPLOYMENTS_MAX = 32;
const OPERATORS_MAX = 32;
/** Each mints some hundred tickets a block; more would fill the chain's blocks alone. */
const MINTER_KEYS_MAX = 16;
/** A month: what waits longer was forgotten. */
const MINUTES_MAX = 31 * 24 * 60;
/** What the integer columns of nonce lanes and transactions hold; public chains are far below. */
const CHAIN_ID_MAX = 2_147_483_647;

const Address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => text.toLowerCase() as `0x${string}`);

const PostgresUrl = z.url({ protocol: /^postgres(ql)?$/ });

const RpcUrl = z.url({
  protocol: /^https?$/,
  error: "only http:// and https:// RPCs are supported",
});
/** Each is asked for every log, to compare. */
const RPC_URLS_MAX = 4;
/** What could be taken back is kept for so many blocks. */
const FINALITY_DEPTH_MAX = 10_000;
const RATE_LIMIT_SCALE_MAX = 1_000;
const PROXIES_MAX = 32;
const PROXY_WORDS = ["loopback", "linklocal", "uniquelocal"];

const Wei = z
  .string()
  .regex(/^[1-9]\d{0,29}$/, "is no whole number of the smallest unit")
  .transform((text) => BigInt(text));

const DeploymentEntry = z.strictObject({
  id: z.int().min(1).max(SMALLINT_MAX),
  chainId: z.int().min(1).max(CHAIN_ID_MAX, `only chain ids up to ${CHAIN_ID_MAX} are supported`),
  rpcUrl: RpcUrl,
  wsUrl: z.url({ protocol: /^wss?$/, error: "only ws:// and wss:// are supported" }).optional(),
  moreRpcUrls: z.array(RpcUrl).max(RPC_URLS_MAX).optional(),
  finality: z
    .union([z.enum(["finalized", "safe"]), z.int().min(1).max(FINALITY_DEPTH_MAX)])
    .optional(),
  fees: z.strictObject({ perTicket: Wei, perHour: Wei }).optional(),
  tickets: Address,
  startBlock: z.int().min(0),
  modules: z
    .strictObject({ splits: Address, resale: Address, boxOffice: Address, renderer: Address })
    .optional(),
  currencies: z.record(z.string().regex(/^[A-Z]{3}$/), Address).optional(),
});

const keyReference = z
  .string()
  .refine(isKeyReference, "names no key")
  // One key is one text, however its digits are written.
  .transform((text) => (text.startsWith("0x") ? text.toLowerCase() : text));

/** As the variable has them: JSON in a text. */
export const Deployments = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "is not JSON" });
      return z.NEVER;
    }
  })
  .pipe(z.array(DeploymentEntry).min(1).max(DEPLOYMENTS_MAX))
  .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, "uses an id twice");

const Variables = z.object({
  NODE_ENV: z.enum(["development", "production"]).default("production"),
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: port.default(4280),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }),
  DATABASE_URL: PostgresUrl,
  LOOKUP_DATABASE_URLS: z
    .string()
    .default("")
    .transform((text) => text.split(",").flatMap((part) => part.trim() || []))
    .pipe(z.array(PostgresUrl).max(LOOKUP_REPLICAS_MAX, `names more than ${LOOKUP_REPLICAS_MAX}`)),
  LOOKUP_LAG_MAX_MS: z.coerce
    .number()
    .int()
    .min(LOOKUP_LAG_MS_MIN)
    .max(LOOKUP_LAG_MS_MAX)
    .default(LOOKUP_LAG_MS),
  REDIS_URL: z.string().regex(/^rediss?(\+sentinel|\+cluster)?:\/\/\S+$/),
  DEPLOYMENTS: Deployments,
  MINTER_KEY: z
    .string()
    .transform((text) => text.split(",").map((key) => key.trim()))
    .pipe(z.array(keyReference).max(MINTER_KEYS_MAX, `names more than ${MINTER_KEYS_MAX}`))
    .refine((list) => new Set(list).size === list.length, "names a key twice")
    .default([]),
  ORGANISER_KEY: keyReference.optional(),
  REFUNDER_KEY: keyReference.optional(),
  GATE_KEY: keyReference.optional(),
  PAYOUT_KEY: keyReference.optional(),
  PAYOUT_EVERY_MINUTES: z.coerce.number().int().min(1).max(MINUTES_MAX).default(60),
  PAYOUT_GAS_PERCENT: z.coerce.number().int().min(1).max(100).default(2),
  ANCHOR_EVERY_MINUTES: z.coerce.number().int().min(1).max(MINUTES_MAX).default(1_440),
  VOUCHER_KEY: keyReference.optional(),
  PAYMENT_PROVIDER: z.enum(["development", "stripe", "none"]).default("none"),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_\w+$/, "is no secret key")
    .optional(),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\S+$/, "is no webhook secret")
    .optional(),
  STRIPE_ACCOUNT: z
    .string()
    .regex(/^acct_\w+$/, "is no account id")
    .optional(),
  STRIPE_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  WALLET: z.enum(["development", "none"]).default("none"),
  TRUST_PROXY: z
    .string()
    .default("")
    .transform((text) => text.split(",").flatMap((part) => part.trim() || []))
    .pipe(
      z
        .array(z.string().refine(isProxy, "is neither an address, a network, nor a known word"))
        .max(PROXIES_MAX),
    ),
  RATE_LIMIT_SCALE: z.coerce.number().min(0).max(RATE_LIMIT_SCALE_MAX).default(1),
  STAGEDOOR_OPERATORS: z
    .string()
    .regex(/^\s*0x[0-9a-fA-F]{40}\s*(,\s*0x[0-9a-fA-F]{40}\s*)*$/, "is no list of addresses")
    .transform((text) => text.split(",").map((address) => address.trim().toLowerCase()))
    .refine((list) => list.length <= OPERATORS_MAX, `names more than ${OPERATORS_MAX}`)
    .default([]),
  GRACE_MS: z.coerce.number().int().min(0).max(GRACE_MS_MAX).default(GRACE_MS),
  DRAIN_MS: z.coerce.number().int().min(0).max(DRAIN_MS_MAX).default(DRAIN_MS),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace"]).default("info"),
  WORKER_HEALTH_PORT: port.default(0),
  INDEXER_HEALTH_PORT: port.default(0),
} satisfies Record<VariableName, z.ZodType>);

export function readEnv(source: Record<string, string | undefined>): Env {
  const named = VARIABLES.map(({ name }) => [name, source[name]] as const);
  // An empty line in .env means "not set".
  const given = Object.fromEntries(
    named.filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = Variables.safeParse(given);
  if (!parsed.success) throw new EnvError(explain(parsed.error, given));
  const v = parsed.data;
  const env: Env = {
    nodeEnv: v.NODE_ENV,
    host: v.HOST,
    port: v.PORT,
    publicUrl: new URL(v.PUBLIC_URL),
    databaseUrl: v.DATABASE_URL,
    lookups: { databaseUrls: v.LOOKUP_DATABASE_URLS, lagMaxMs: v.LOOKUP_LAG_MAX_MS },
    redisUrl: v.REDIS_URL,
    deployments: v.DEPLOYMENTS,
    minterKeys: v.MINTER_KEY,
    organiserKey: v.ORGANISER_KEY,
    refunderKey: v.REFUNDER_KEY,
    gateKey: v.GATE_KEY,
    payoutKey: v.PAYOUT_KEY,
    payouts: {
      everyMinutes: v.PAYOUT_EVERY_MINUTES,
      gasPercentMax: v.PAYOUT_GAS_PERCENT,
      anchorEveryMinutes: v.ANCHOR_EVERY_MINUTES,
    },
    voucherKey: v.VOUCHER_KEY,
    paymentProvider: v.PAYMENT_PROVIDER,
    stripe: v.PAYMENT_PROVIDER === "stripe" ? stripeAccess(v) : undefined,
    wallet: v.WALLET,
    trustProxy: v.TRUST_PROXY,
    rateLimitScale: v.RATE_LIMIT_SCALE,
    operators: v.STAGEDOOR_OPERATORS,
    graceMs: v.GRACE_MS,
    drainMs: v.DRAIN_MS,
    logLevel: v.LOG_LEVEL,
    workerHealthPort: v.WORKER_HEALTH_PORT,
    indexerHealthPort: v.INDEXER_HEALTH_PORT,
  };
  requireDuties(env);
  const refused = refusedParts({ ...env, chainIds: env.deployments.map(({ chainId }) => chainId) });
  if (refused.length > 0) {
    throw new EnvError(
      `Refusing to start with ${refused.join(" and ")}: ` +
        "development parts run only with NODE_ENV=development on chain 31337.",
    );
  }
  if (takesRealMoneyForToys(env)) {
    throw new EnvError("A live STRIPE_SECRET_KEY takes real money, and chain 31337 is a toy.");
  }
  return env;
}

/** One key per duty: whoever gets hold of the one that mints must not be able to make events. */
function requireDuties(env: Env): void {
  const { minterKeys, organiserKey, refunderKey, gateKey, payoutKey, voucherKey } = env;
  const duties = [
    ["ORGANISER_KEY", organiserKey, "MINTER_KEY"],
    ["REFUNDER_KEY", refunderKey, "MINTER_KEY and ORGANISER_KEY"],
    ["GATE_KEY", gateKey, "the other keys"],
    ["PAYOUT_KEY", payoutKey, "the other keys"],
    ["VOUCHER_KEY", voucherKey, "the other keys"],
  ] as const;
  const before = new Set(minterKeys);
  for (const [name, key, others] of duties) {
    if (key === undefined) continue;
    if (before.has(key)) throw new EnvError(`${name} must be another key than ${others}.`);
    before.add(key);
  }
}

function takesRealMoneyForToys({ stripe, deployments }: Env): boolean {
  const isLive = stripe?.secretKey.includes("_live_") === true;
  return isLive && deployments.some(({ chainId }) => chainId === LOCAL_CHAIN_ID);
}

function stripeAccess(v: z.output<typeof Variables>): StripeAccess {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = v;
  if (secretKey === undefined || webhookSecret === undefined) {
    throw new EnvError(
      "PAYMENT_PROVIDER=stripe needs STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET. See .env.example.",
    );
  }
  const apiUrl = v.STRIPE_API_URL === undefined ? undefined : new URL(v.STRIPE_API_URL);
  return { secretKey, webhookSecret, account: v.STRIPE_ACCOUNT, apiUrl };
}

/** 10.0.0.0/8, fd00::/8, one address, or a word that Express knows. */
function isProxy(text: string): boolean {
  if (PROXY_WORDS.includes(text)) return true;
  const [address = "", bits] = text.split("/");
  const bitsMax = isIP(address) === 4 ? 32 : 128;
  const isWidth = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return isIP(address) !== 0 && isWidth;
}

function explain(error: z.ZodError, given: Record<string, unknown>): string {
  const [issue] = error.issues;
  const [name, ...rest] = issue?.path ?? [];
  const about = VARIABLES.find((variable) => variable.name === name)?.about ?? "";
  const missing = given[String(name)] === undefined;
  const where = rest.length === 0 ? "" : ` at ${rest.join(".")}`;
  const what = missing ? "is not set" : `is malformed${where} (${issue?.message ?? "invalid"})`;
  return `The variable ${String(name)} ${what}. It holds: ${about}. See .env.example.`;
}
