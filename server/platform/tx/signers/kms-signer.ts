// Signs transactions with a key that never leaves its service: only a digest goes there.
import {
  type Hex,
  hexToBytes,
  keccak256,
  recoverAddress,
  type Signature,
  serializeTransaction,
} from "viem";
import { Fault } from "../../../domain/failure.ts";
import type { Signer } from "../signer.ts";
import { type AskKms, KmsFailure } from "./ask-kms.ts";
import { type LowSignature, readSignature } from "./read-signature.ts";

/** A key in a service that has been asked for its public half. */
export interface KmsKey {
  /** In lower case. */
  address: Hex;
  /** The signature of 32 bytes in DER. */
  sign(digest: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

export function createKmsSigner({ address, sign }: KmsKey, ask: AskKms): Signer {
  const signDigest = (digest: Hex): Promise<LowSignature> =>
    ask("signature", async (signal) => {
      const signature = readSignature(await sign(hexToBytes(digest), signal));
      if (signature !== undefined) return signature;
      throw new KmsFailure("the signature is malformed", { passing: true });
    });

  return {
    address,
    sign: async (transaction) => {
      const digest = keccak256(serializeTransaction(transaction));
      const { r, s } = await signDigest(digest);
      // The service does not say which of the two keys that could have signed is its own.
      for (const yParity of [0, 1]) {
        const signature = { r, s, yParity };
        if ((await signerOf(digest, signature)) === address) {
          return serializeTransaction(transaction, signature);
        }
      }
      throw new Fault("server/unavailable", "The key service signed with another key.");
    },
  };
}

async function signerOf(hash: Hex, signature: Signature): Promise<string | undefined> {
  try {
    return (await recoverAddress({ hash, signature })).toLowerCase();
  } catch {
    // There need not be a point for every r.
    return undefined;
  }
}
