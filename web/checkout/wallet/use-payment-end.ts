// How a payment that was sent or signed ends badly, found out while its screen is open.
import { useEffect, useEffectEvent, useMemo } from "react";
import { callAnew } from "../../api/call-keyed.ts";
import { useLoaded } from "../../api/use-loaded.ts";
import { askInjectedWallet } from "../../session/injected-wallet.ts";
import { createFateReader, type Fate } from "./follow-payment.ts";
import { Hurdle } from "./hurdle.ts";
import type { KnownPayment } from "./use-payment-note.ts";

/** As often as the order itself is looked at. */
const FATE_POLL_MS = 2_000;
/** Each is a request that the server stores; a worker sends within seconds. */
const RELAY_POLL_MS = 5_000;

export function useFate(
  { note, startOver }: KnownPayment,
  onProblem: (problem: unknown) => void,
): Fate {
  const hash = note?.step === "sent" ? note.hash : null;
  const look = useMemo(
    () => (hash === null ? null : createFateReader(askInjectedWallet, hash)),
    [hash],
  );
  const { data: fate = "waiting" } = useLoaded(
    hash === null ? null : `fate:${hash}`,
    // A wallet that does not answer says nothing about what it sent.
    async (): Promise<Fate> => (look === null ? "waiting" : look().catch(() => "waiting" as const)),
    (known) => (known === "taken" || known === "reverted" ? null : FATE_POLL_MS),
  );
  const giveUp = useEffectEvent(() => {
    startOver();
    onProblem(new Hurdle("reverted"));
  });
  useEffect(() => {
    if (fate === "reverted") giveUp();
  }, [fate]);
  return fate;
}

/** A worker may find that the contract refuses it by now; then the fan may pay in another way. */
export function useRelay(
  orderId: string,
  { note, startOver }: KnownPayment,
  onProblem: (problem: unknown) => void,
): void {
  const { data: relay } = useLoaded(
    note?.step === "relayed" ? `relay:${orderId}` : null,
    async () => {
      const input = { params: { orderId }, body: { provider: "voucher" as const } };
      return (await callAnew("createPayment", input)).voucher?.relay?.state ?? "over";
    },
    (state) => (state === "waiting" || state === "sent" ? RELAY_POLL_MS : null),
  );
  const giveUp = useEffectEvent(() => {
    startOver();
    onProblem(new Hurdle("relay-refused"));
  });
  useEffect(() => {
    if (relay === "refused") giveUp();
  }, [relay]);
}
