-- Keeps every bid of a transaction: signed again at a higher fee, whichever is mined is the transaction.
ALTER TABLE "sale"."chain_tx" ADD COLUMN "fee_max" DECIMAL(78,0) NOT NULL DEFAULT 0;
ALTER TABLE "sale"."chain_tx" ADD CONSTRAINT "chain_tx_fee_max_check" CHECK ("fee_max" >= 0);
CREATE INDEX "chain_tx_created_idx" ON "sale"."chain_tx" ("chain_id", "signer", "created_at");

CREATE TABLE "sale"."tx_bid" (
    "hash" TEXT NOT NULL,
    "tx_id" BIGINT NOT NULL,
    "raw" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "tx_bid_pkey" PRIMARY KEY ("hash")
);
ALTER TABLE "sale"."tx_bid" ADD CONSTRAINT "tx_bid_tx_id_fkey"
  FOREIGN KEY ("tx_id") REFERENCES "sale"."chain_tx" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "sale"."tx_bid" ADD CONSTRAINT "tx_bid_hash_check" CHECK ("hash" ~ '^0x[0-9a-f]{64}$');
CREATE INDEX "tx_bid_tx_id_idx" ON "sale"."tx_bid" ("tx_id");
INSERT INTO "sale"."tx_bid" ("hash", "tx_id", "raw", "created_at")
  SELECT "hash", "id", "raw", "created_at" FROM "sale"."chain_tx";

GRANT SELECT, INSERT, UPDATE, DELETE ON "sale"."tx_bid" TO "stagedoor_server";
