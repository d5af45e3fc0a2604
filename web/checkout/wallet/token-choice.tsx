// What a wallet pays in a token, and the two ways: a signature that costs nothing, or a transaction.
import { formatToken } from "../../page/format.ts";
import type { TokenOffer } from "./pay-order.ts";

interface Props {
  offer: TokenOffer;
  isBusy: boolean;
  onSign: () => void;
  onPay: () => void;
}

export function TokenChoice({ offer: { voucher, facts }, isBusy, onSign, onPay }: Props) {
  const price = formatToken(voucher.amount, facts);
  const isAllowed = facts.allowance >= BigInt(voucher.amount);
  return (
    <>
      <p>
        Your wallet pays <strong>{price}</strong>, all fees of ours in.
      </p>
      {facts.domain === null ? null : (
        <>
          <button
            type="button"
            className="button button-main button-wide"
            disabled={isBusy}
            onClick={onSign}
          >
            Sign to pay {price}
          </button>
          <p className="small">You only sign. We send it and pay the network's fee.</p>
        </>
      )}
      <button
        type="button"
        className={`button button-wide ${facts.domain === null ? "button-main" : "button-quiet"}`}
        disabled={isBusy}
        onClick={onPay}
      >
        Pay {price} by a transaction
      </button>
      <p className="small">
        {isAllowed
          ? "Your wallet asks once, and pays the network's fee."
          : "Your wallet asks twice: whether the box office may take the price, and then to pay."}
      </p>
    </>
  );
}
