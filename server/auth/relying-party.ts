// Whom a passkey trusts: this installation's own host, which it therefore cannot change any more.
import { Refusal } from "../domain/failure.ts";

export interface RelyingParty {
  id: string;
  name: string;
  origin: string;
}

export function relyingParty(publicUrl: URL): RelyingParty {
  return { id: publicUrl.hostname, name: "Stagedoor", origin: publicUrl.origin };
}

/** Browsers have passkeys for names only, and over https only, but for this very machine. */
export function canHavePasskeys({ protocol, hostname }: URL): boolean {
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return !isAddress && (protocol === "https:" || hostname === "localhost");
}

/** What a passkey sent is the caller's input; whatever its check stumbles over is a no to it. */
export async function checked<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch {
    throw invalid("The passkey's answer does not hold.");
  }
}

export function invalid(detail: string): Refusal {
  return new Refusal("auth/passkey-invalid", detail);
}
