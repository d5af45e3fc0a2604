// A signer behind a wire: like a key service it signs the same transaction differently each time, or not at all.
import { keccak256, serializeTransaction, toHex } from "viem";
import { Fault } from "#server/domain/failure.ts";
import type { Signer } from "#server/platform/tx/signer.ts";
import { exchange, type Life, type Weather } from "./wire.ts";

const SLOW_MS_MAX = 6_500;

export function simSigner(
  weather: Weather,
  { life, address, count }: { life: Life; address: `0x${string}`; count: () => number },
): Signer {
  const { dice, faults } = weather;
  return {
    address,
    sign: (transaction) => {
      const bad = dice.permille(faults().sign) ? dice.pick(["refused", "slow"]) : undefined;
      return exchange(weather, life, {
        what: `key ${address.slice(-1)} for nonce ${transaction.nonce}`,
        outMs: dice.between(1, 20),
        backMs: bad === "slow" ? dice.between(500, SLOW_MS_MAX) : dice.between(1, 20),
        act: (tell) => {
          if (bad === "refused") {
            return tell({ error: new Fault("server/unavailable", "The key service is away.") });
          }
          // The node of this simulation reads from the first half who has signed.
          const r = `0x${address.slice(2).padStart(64, "0")}` as const;
          const s = keccak256(toHex(count()));
          tell({ value: serializeTransaction(transaction, { r, s, yParity: 0 }) });
        },
      });
    },
  };
}
