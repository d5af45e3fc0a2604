// Ports that do what a careless product would: each has one bug that the simulation has to find.
import type { MintRows, MintStore } from "#server/mint/mint-store.ts";
import type { Planted } from "./crew.ts";

/** Takes an answer that does not come for a failure, and signs the same tickets anew. */
export const SENDS_ANEW: Planted = {
  store: (store) => ({
    ...store,
    readUnheard: async () => {
      for (const tx of await store.readUnheard()) await store.freeWaiting(tx, "replaced");
      return [];
    },
  }),
};

/** Lets the chain have what no row knows of yet. */
export const SENDS_FIRST: Planted = {
  signer: (signer, chain) => ({
    ...signer,
    sign: async (transaction) => {
      const raw = await signer.sign(transaction);
      await chain.client.sendRawTransaction({ serializedTransaction: raw }).catch(() => undefined);
      return raw;
    },
  }),
};

/** Writes down that lines are sent beside the transaction that says by what. */
export const LOSES_LINES: Planted = {
  store: (store) =>
    inTransaction(store, (rows) => ({
      ...rows,
      claimLines: async (lines) => {
        const own = await store.claimLines(lines);
        if (own) await store.markLinesSent(lines, 0n);
        return own;
      },
    })),
};

/** Counts a nonce as used whose transaction was never written down. */
export const SKIPS_NONCES: Planted = {
  store: (store) => ({
    ...store,
    transaction: async (work) => {
      let advance = async () => {};
      try {
        return await store.transaction((rows) =>
          work({
            ...rows,
            setNextNonce: (lane, nextNonce) => {
              advance = () => store.setNextNonce(lane, nextNonce);
              return rows.setNextNonce(lane, nextNonce);
            },
          }),
        );
      } catch (error) {
        await advance();
        throw error;
      }
    },
  }),
};

/** The same without the sweep that gives the chain the nonce it waits for. */
export const LEAVES_GAPS: Planted = {
  store: (store) => ({
    ...(SKIPS_NONCES.store?.(store) ?? store),
    isGap: async () => false,
  }),
};

function inTransaction(store: MintStore, bend: (rows: MintRows) => MintRows): MintStore {
  return { ...store, transaction: (work) => store.transaction((rows) => work(bend(rows))) };
}
