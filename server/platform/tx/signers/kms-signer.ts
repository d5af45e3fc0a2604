// Signs with a key that never leaves its service: only a digest goes there.
import {
  type Hex,
  hashTypedData,
  hexToBytes,
  keccak256,
  recoverAddress,
  serializeSignature,
  serializeTransaction,
} from "viem";
import { Fault } from "../../../domain/failure.ts";
import type { TypedSigner } from "../signer.ts";
import { type AskKms, KmsFailure } from "./ask-kms.ts";
import { type LowSignature, readSignature } from "./read-signature.ts";

/** A key in a service that has been asked for its public half. */
export interface KmsKey {
  /** In lower case. */
  address: Hex;
  /** The signature of 32 bytes in DER. */
  sign(digest: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

type FullSignature = LowSignature & { yParity: number };

export function createKmsSigner({ address, sign }: KmsKey, ask: AskKms): TypedSigner {
  const askOnce = (digest: Hex): Promise<LowSignature> =>
    ask("signature", async (signal) => {
      const signature = readSignature(await sign(hexToBytes(digest), signal));
      if (signature !== undefined) return signature;
      throw new KmsFailure("the signature is malformed", { passing: true });
    });

  async function signDigest(digest: Hex): Promise<FullSignature> {
    const { r, s } = await askOnce(digest);
    // The service does not say which of the two keys that could have signed is its own.
    for (const yParity of [0, 1]) {
      const signature = { r, s, yParity };
      if ((await signerOf(digest, signature)) === address) return signature;
    }
    throw new Fault("server/unavailable", "The key service signed with another key.");
  }

  return {
    address,
    sign: async (transaction) => {
      const signature = await signDigest(keccak256(serializeTransaction(transaction)));
      return serializeTransaction(transaction, signature);
    },
    signTyped: async (data) => serializeSignature(await signDigest(hashTypedData(data))),
  };
}

async function signerOf(hash: Hex, signature: FullSignature): Promise<string | undefined> {
  try {
    return (await recoverAddress({ hash, signature })).toLowerCase();
  } catch {
    // There need not be a point for every r.
    return undefined;
  }
}
