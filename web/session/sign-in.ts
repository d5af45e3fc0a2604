// Sign-in with Ethereum: a nonce, a message, the wallet's signature, a session.
import { call } from "../api/call.ts";
import type { Session } from "../api/wire.ts";
import type { Wallet } from "./wallet.ts";

export async function signInWith(wallet: Wallet): Promise<Session> {
  // Fetched side by side; the nonce is short-lived, so not before the wallet is known.
  const [nonce, { siweMessage }] = await Promise.all([
    call("createNonce", {}),
    import("./siwe-message.ts"),
  ]);
  const message = siweMessage(nonce, wallet.address);
  const signature = await wallet.sign(message);
  return call("signIn", { body: { message, signature } });
}
