// The statements behind the port of minting, each from the file of its rule.
import type { Db } from "../platform/db/client.ts";
import { openStore } from "../platform/db/store.ts";
import { txStatements } from "../platform/tx/sql-tx-store.ts";
import { chooseLines, claimLines, markLinesSent, readWaiting } from "./choose-lines.ts";
import type { MintStore } from "./mint-store.ts";
import { countInFlight, setAside } from "./send-batch.ts";
import {
  closeBought,
  closeMinted,
  moveOrders,
  reopenMinted,
  setAsideStrange,
} from "./settle-lines.ts";

const mintStatements = {
  ...txStatements,
  readWaiting,
  chooseLines,
  claimLines,
  markLinesSent,
  countInFlight,
  setAside,
  closeMinted,
  closeBought,
  setAsideStrange,
  reopenMinted,
  moveOrders,
};

export function openMintStore(db: Db): MintStore {
  return openStore(db, mintStatements);
}
