// Something that a button starts: busy while it runs, with its failure kept for the screen.
import { useRef, useState } from "react";
import { type ApiFailure, toFailure } from "../api/failure.ts";

export interface Act {
  isBusy: boolean;
  failure: ApiFailure | undefined;
  start: () => void;
}

export function useAct(act: () => Promise<unknown>): Act {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | undefined>();
  // Two clicks may come before the button is drawn as disabled.
  const isRunning = useRef(false);

  async function run(): Promise<void> {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setFailure(undefined);
    try {
      await act();
    } catch (error) {
      setFailure(toFailure(error));
    } finally {
      isRunning.current = false;
      setBusy(false);
    }
  }

  return { isBusy, failure, start: () => void run() };
}
