// Opens all keys that the worker signs with, and refuses two that are one: each has a lane of its own.
import { isDevelopment } from "../../development.ts";
import type { Env } from "../../env.ts";
import type { Signer, TypedSigner } from "../signer.ts";
import { openSigner, requireKept, type SignerDeps } from "./open-signer.ts";

export interface Keys {
  minters: readonly [Signer, ...Signer[]];
  organiser: Signer | undefined;
  refunder: Signer | undefined;
  gate: Signer | undefined;
  payout: Signer | undefined;
}

type KeyEnv = Pick<
  Env,
  "nodeEnv" | "deployments" | "organiserKey" | "refunderKey" | "gateKey" | "payoutKey"
> & {
  minterKeys: readonly [string, ...string[]];
};

export async function openKeys(
  env: KeyEnv,
  given: Omit<SignerDeps, "isDevelopment">,
): Promise<Keys> {
  const deps = { ...given, isDevelopment: isPlay(env) };
  const [first, ...more] = env.minterKeys;
  const minters = [await openSigner(first, deps)] as [Signer, ...Signer[]];
  for (const key of more) minters.push(await openSigner(key, deps));
  const open = (key: string | undefined) => (key === undefined ? undefined : openSigner(key, deps));
  const organiser = await open(env.organiserKey);
  const refunder = await open(env.refunderKey);
  const gate = await open(env.gateKey);
  const payout = await open(env.payoutKey);
  // Two references may name one key, which their texts do not show.
  const all = [...minters, organiser, refunder, gate, payout].flatMap((one) => one?.address ?? []);
  const twice = all.find((address, at) => all.indexOf(address) !== at);
  if (twice !== undefined) throw new Error(`Two of the keys are one, whose address is ${twice}.`);
  return { minters, organiser, refunder, gate, payout };
}

function isPlay({ nodeEnv, deployments }: Pick<Env, "nodeEnv" | "deployments">): boolean {
  return isDevelopment({ nodeEnv, chainIds: deployments.map(({ chainId }) => chainId) });
}

/**
 * Opens the key when somebody needs it first, and keeps it: a key service that is away must not
 * keep the house from selling.
 */
export function keyAsker(
  key: string,
  env: Pick<Env, "nodeEnv" | "deployments">,
  given: Omit<SignerDeps, "isDevelopment">,
): () => Promise<TypedSigner> {
  const deps = { ...given, isDevelopment: isPlay(env) };
  requireKept(key, deps);
  let known: TypedSigner | undefined;
  return async () => {
    known ??= await openSigner(key, deps);
    return known;
  };
}

/** Whom the API names as the one who puts events on the chain. */
export function organiserAsker(
  env: Pick<Env, "nodeEnv" | "deployments" | "organiserKey">,
  given: Omit<SignerDeps, "isDevelopment">,
): () => Promise<`0x${string}` | undefined> {
  const { organiserKey } = env;
  const ask = organiserKey === undefined ? undefined : keyAsker(organiserKey, env, given);
  return async () => (await ask?.())?.address;
}
