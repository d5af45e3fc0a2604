// A wallet as the page sees it (EIP-1193): its keys here, its questions to the chain's own node.
import type { PrivateKeyAccount } from "viem";
import { type AskWallet, WalletRefused } from "#web/session/wallet.ts";

export interface PageWallet {
  ask: AskWallet;
  /** The methods that a person is asked about, in their order. */
  asked: string[];
  /** What the person says to each; else yes. */
  says: (method: string) => "yes" | "no";
  chainId: number;
  accounts: string[];
}

const ASKS_A_PERSON = ["eth_sendTransaction", "eth_signTypedData_v4", "wallet_switchEthereumChain"];

/** `rpc` is a node that has the account unlocked, so that it signs transactions itself. */
export function openPageWallet(given: {
  account: PrivateKeyAccount;
  chainId: number;
  rpc: (method: string, ...params: unknown[]) => Promise<unknown>;
}): PageWallet {
  const { account, chainId, rpc } = given;
  const wallet: PageWallet = {
    ...{ asked: [], says: () => "yes", chainId, accounts: [account.address] },
    ask: async <T>(method: string, params: unknown[] = []) => {
      if (ASKS_A_PERSON.includes(method)) {
        wallet.asked.push(method);
        if (wallet.says(method) === "no") throw new WalletRefused("no");
      }
      return (await answer(method, params)) as T;
    },
  };
  const answer = async (method: string, params: unknown[]): Promise<unknown> => {
    if (method === "eth_requestAccounts") return wallet.accounts;
    if (method === "eth_chainId") return `0x${wallet.chainId.toString(16)}`;
    if (method === "wallet_switchEthereumChain") {
      wallet.chainId = Number((params[0] as { chainId: string }).chainId);
      return null;
    }
    if (method === "eth_signTypedData_v4") {
      const { types, ...typed } = JSON.parse(String(params[1]));
      return account.signTypedData({ types, ...typed });
    }
    return rpc(method, ...params);
  };
  return wallet;
}

export function createMemory() {
  const entries = new Map<string, string>();
  return {
    read: (key: string) => entries.get(key) ?? null,
    write: (key: string, value: string) => void entries.set(key, value),
    forget: (key: string) => void entries.delete(key),
  };
}
