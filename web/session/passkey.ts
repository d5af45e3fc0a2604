// Passkeys in this browser: sign in with one, or make one for the account that is signed in.
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/browser";
import { call } from "../api/call.ts";
import type { Session } from "../api/wire.ts";
import { WalletRefused } from "./wallet.ts";

export function hasPasskeys(): boolean {
  return typeof window.PublicKeyCredential === "function";
}

export async function signInWithPasskey(): Promise<Session> {
  // Fetched side by side, and only now: most fans never need the code.
  const [options, { startAuthentication }] = await Promise.all([
    call("createPasskeyChallenge", {}),
    import("@simplewebauthn/browser"),
  ]);
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  const proof = await orRefusal(() => startAuthentication({ optionsJSON }));
  return call("signInWithPasskey", { body: { ...proof, clientExtensionResults: {} } });
}

export async function makePasskey(): Promise<void> {
  const [options, { startRegistration }] = await Promise.all([
    call("createPasskeyOptions", {}),
    import("@simplewebauthn/browser"),
  ]);
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  const made = await orRefusal(() => startRegistration({ optionsJSON }));
  await call("createPasskey", { body: { ...made, clientExtensionResults: {} } });
}

/** What a person, or the device for them, may say no with. */
const REFUSALS: Record<string, string> = {
  NotAllowedError: "No passkey was used, or it took too long. Nothing happened.",
  AbortError: "No passkey was used. Nothing happened.",
  InvalidStateError: "This device has a passkey for your account already.",
  NotSupportedError: "This device cannot make a passkey that asks for you.",
};

async function orRefusal<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const words = cause instanceof Error ? REFUSALS[cause.name] : undefined;
    if (words === undefined) throw cause;
    throw new WalletRefused(words, { cause });
  }
}
