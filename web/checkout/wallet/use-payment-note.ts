// What is known of an order's payment in this browser, kept up with its other tabs.
import { useCallback, useEffect, useState } from "react";
import { browserMemory, STORAGE_PREFIX } from "../../api/storage.ts";
import { noteSlot, type PaymentNote, readNote, writeNote } from "./payment-note.ts";

export interface KnownPayment {
  note: PaymentNote | null;
  /** Reads it again, after it was written elsewhere. */
  refresh: () => void;
  /** Nothing that was sent or signed counts any more: the fan may pay again. */
  startOver: () => void;
}

export function usePaymentNote(orderId: string): KnownPayment {
  const [note, setNote] = useState(() => readNote(browserMemory, orderId));
  const refresh = useCallback(() => setNote(readNote(browserMemory, orderId)), [orderId]);
  const startOver = useCallback(() => {
    writeNote(browserMemory, orderId, { step: "begun" });
    refresh();
  }, [orderId, refresh]);
  useEffect(() => {
    const onStorage = ({ key }: StorageEvent) => {
      if (key === STORAGE_PREFIX + noteSlot(orderId)) refresh();
    };
    window.addEventListener("storage", onStorage);
    return () => window.removeEventListener("storage", onStorage);
  }, [orderId, refresh]);
  return { note, refresh, startOver };
}
