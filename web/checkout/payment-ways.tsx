// The ways to pay an order that this box office has: by card, by the fan's wallet, or the choice of both.
import { useState } from "react";
import { isCoin } from "#server/domain/money.ts";
import { parseEventId } from "#server/domain/ticket-id.ts";
import { browserMemory } from "../api/storage.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { Config, Order } from "../api/wire.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { Notice } from "../page/notice.tsx";
import { DevelopmentPayment } from "./development-payment.tsx";
import { StripePayment } from "./stripe-payment.tsx";
import { readNote } from "./wallet/payment-note.ts";

interface Props {
  order: Order;
  onCaptured: () => void;
  onChange: () => void;
}

export function PaymentWays({ config, ...pay }: Props & { config: Config }) {
  const { order } = pay;
  const card = cardOf(order, config);
  const chainId = chainOf(order, config);
  // A voucher that was asked for leaves no other way, also after a reload.
  const [isByWallet, setByWallet] = useState(
    () => card === null || readNote(browserMemory, order.id) !== null,
  );
  if (chainId !== null && isByWallet) return <ByWallet {...pay} chainId={chainId} />;
  if (card === null) {
    return (
      <Notice tone="warn" title="Payments are not set up here">
        <p>The box office has no way to pay this order yet. Nothing was charged.</p>
      </Notice>
    );
  }
  return (
    <>
      {card === "stripe" ? <StripePayment {...pay} /> : <DevelopmentPayment {...pay} />}
      {chainId === null ? null : (
        <button type="button" className="button button-quiet" onClick={() => setByWallet(true)}>
          Pay with your wallet instead
        </button>
      )}
    </>
  );
}

/** No card pays a chain's own coin. */
function cardOf({ currency }: Order, { paymentProviders }: Config) {
  if (isCoin(currency)) return null;
  return (["stripe", "development"] as const).find((way) => paymentProviders.includes(way)) ?? null;
}

function chainOf({ eventId, currency }: Order, config: Config): number | null {
  const { deployment } = parseEventId(eventId);
  const sold = config.deployments.find(({ id }) => id === deployment);
  if (sold === undefined || !config.paymentProviders.includes("voucher")) return null;
  return sold.currencies.includes(currency) ? sold.chainId : null;
}

function ByWallet(props: Props & { chainId: number }) {
  const { order } = props;
  const loaded = useLoaded("wallet-payment", async () => {
    // Lazily: most fans pay by card.
    const { WalletPayment } = await import("./wallet-payment.tsx");
    return { WalletPayment };
  });
  if (new Set(order.lines.map(({ price }) => price)).size > 1) return <SeveralPrices />;
  if (loaded.failure !== undefined) {
    return <FailureNotice failure={loaded.failure} onRetry={loaded.reload} />;
  }
  if (loaded.data === undefined) return null;
  const { WalletPayment } = loaded.data;
  return <WalletPayment {...props} />;
}

/** Said before the fan tries it: a voucher has one price. */
function SeveralPrices() {
  return (
    <Notice tone="warn" title="A wallet pays seats of one price at once">
      <p>Nothing was charged. When the time of this order is over, make an order for each price.</p>
    </Notice>
  );
}
