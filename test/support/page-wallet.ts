// A wallet as the page sees it (EIP-1193): its keys here, its questions to the chain's own node.
import type { BrowserContext } from "playwright-core";
import type { PrivateKeyAccount } from "viem";
import { type AskWallet, WalletRefused } from "#web/session/wallet.ts";

export interface PageWallet {
  ask: AskWallet;
  /** The methods that the person was asked about, in their order. */
  asked: string[];
  /** What the person does: refuses, or answers what is sent on. */
  decide: (method: string, params: unknown[]) => Promise<unknown[] | "no">;
  chainId: number;
  account: PrivateKeyAccount;
}

const ASKS_A_PERSON = ["eth_sendTransaction", "eth_signTypedData_v4", "wallet_switchEthereumChain"];
/** EIP-1193: the code of a person's no. */
const USER_REJECTED = 4001;

/** `rpc` is a node that has the account unlocked, so that it signs transactions itself. */
export function openPageWallet(given: {
  account: PrivateKeyAccount;
  chainId: number;
  rpc: (method: string, ...params: unknown[]) => Promise<unknown>;
}): PageWallet {
  const { account, chainId, rpc } = given;
  const yes = async (_method: string, params: unknown[]) => params;
  const ask = async <T>(method: string, params: unknown[] = []) => {
    if (!ASKS_A_PERSON.includes(method)) return (await answer(method, params)) as T;
    wallet.asked.push(method);
    const decided = await wallet.decide(method, params);
    if (decided === "no") throw new WalletRefused("The person said no.");
    return (await answer(method, decided)) as T;
  };
  const wallet: PageWallet = { ask, asked: [], decide: yes, chainId, account };
  const answer = async (method: string, params: unknown[]): Promise<unknown> => {
    switch (method) {
      case "eth_requestAccounts":
        return [wallet.account.address];
      case "eth_chainId":
        return `0x${wallet.chainId.toString(16)}`;
      case "wallet_switchEthereumChain":
        wallet.chainId = Number((params[0] as { chainId: string }).chainId);
        return null;
      case "personal_sign":
        return wallet.account.signMessage({ message: { raw: params[0] as `0x${string}` } });
      case "eth_signTypedData_v4":
        return wallet.account.signTypedData(JSON.parse(String(params[1])));
      default:
        return rpc(method, ...params);
    }
  };
  return wallet;
}

const INJECTED_WALLET = `window.ethereum = {
  request: async ({ method, params = [] }) => {
    const { result, error } = await window.askWallet(method, params);
    if (error !== undefined) throw Object.assign(new Error(error.message), error);
    return result;
  },
};`;

/** Into every page of a browser, as an extension does; the key stays outside, as in a real one. */
export async function injectWallet(context: BrowserContext, { ask }: PageWallet): Promise<void> {
  await context.exposeFunction("askWallet", async (method: string, params: unknown[]) => {
    try {
      return { result: await ask(method, params) };
    } catch (error) {
      const { message } = error as Error;
      return {
        error: error instanceof WalletRefused ? { message, code: USER_REJECTED } : { message },
      };
    }
  });
  await context.addInitScript(INJECTED_WALLET);
}

export function createMemory() {
  const entries = new Map<string, string>();
  return {
    read: (key: string) => entries.get(key) ?? null,
    write: (key: string, value: string) => void entries.set(key, value),
    forget: (key: string) => void entries.delete(key),
  };
}
