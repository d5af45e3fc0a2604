// The key that signs vouchers, and nothing else: whoever has it sells tickets, and mints none for free.
import { privateKeyToAccount } from "viem/accounts";
import { VOUCHER_TYPES, type Voucher, voucherDomain } from "../../domain/voucher.ts";

type Hex = `0x${string}`;

export interface VoucherSigner {
  /** In lower case. */
  address: Hex;
  sign(at: { chainId: number; boxOffice: Hex }, voucher: Voucher): Promise<Hex>;
}

export function createVoucherSigner(key: Hex): VoucherSigner {
  const account = privateKeyToAccount(key);
  return {
    address: account.address.toLowerCase() as Hex,
    sign: (at, message) =>
      account.signTypedData({
        ...{ domain: voucherDomain(at), types: VOUCHER_TYPES, primaryType: "Voucher", message },
      }),
  };
}
