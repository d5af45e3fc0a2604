// The statements behind the port to lanes and transactions, each from the file of its rule.
import type { Db } from "../db/client.ts";
import { openStore } from "../db/store.ts";
import { markSent } from "./broadcast.ts";
import { sumOpen, sumSpent } from "./fee-cap.ts";
import { findStored, isGap } from "./fill-gap.ts";
import { lockLane, setNextNonce, takeLane } from "./lane.ts";
import { findStuck, insertBid } from "./outbid-stuck.ts";
import { adopt, closeIfEmpty, freeWaiting, readUnheard } from "./recover.ts";
import { insertTx } from "./store-tx.ts";
import type { TxStore } from "./tx-store.ts";

export const txStatements = {
  takeLane,
  lockLane,
  setNextNonce,
  sumSpent,
  sumOpen,
  insertTx,
  insertBid,
  markSent,
  isGap,
  findStored,
  findStuck,
  readUnheard,
  adopt,
  closeIfEmpty,
  freeWaiting,
};

export function openTxStore(db: Db): TxStore {
  return openStore(db, txStatements);
}
