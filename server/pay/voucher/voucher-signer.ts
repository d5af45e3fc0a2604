// The key that signs vouchers, and nothing else: whoever has it sells tickets, and mints none for free.
import { VOUCHER_TYPES, type Voucher, voucherDomain } from "../../domain/voucher.ts";
import type { TypedSigner } from "../../platform/tx/signer.ts";

type Hex = `0x${string}`;

export interface VoucherSigner {
  /** In lower case. A key service may not answer. */
  address(): Promise<Hex>;
  sign(at: { chainId: number; boxOffice: Hex }, voucher: Voucher): Promise<Hex>;
}

export function createVoucherSigner(ask: () => Promise<TypedSigner>): VoucherSigner {
  return {
    address: async () => (await ask()).address,
    sign: async (at, voucher) => {
      const about = { domain: voucherDomain(at), types: VOUCHER_TYPES, primaryType: "Voucher" };
      return (await ask()).signTyped({ ...about, message: { ...voucher } });
    },
  };
}
