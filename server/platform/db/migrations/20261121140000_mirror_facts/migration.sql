-- Everything that the logs tell, one table for each thing and each history; derived anew from the chain.
DROP TABLE "mirror"."ticket_undo";
DROP TABLE "mirror"."event";
DROP TABLE "mirror"."ticket";
DROP TABLE "mirror"."transfer";
DELETE FROM "mirror"."block";
DELETE FROM "mirror"."cursor";
ALTER TABLE "mirror"."cursor" ADD COLUMN "head_number" BIGINT NOT NULL;

CREATE TABLE "mirror"."event" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "organiser" TEXT NOT NULL,
    "plan_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "doors_at" BIGINT NOT NULL,
    "freeze_at" BIGINT NOT NULL,
    "refund_until" BIGINT NOT NULL,
    "policy" SMALLINT NOT NULL,
    "max_gifts" SMALLINT NOT NULL,
    "resale_cap_bps" INTEGER NOT NULL,
    "royalty_bps" INTEGER NOT NULL,
    "royalty_receiver" TEXT NOT NULL,
    "fee_cap_bps" INTEGER NOT NULL,
    "lock_minutes" INTEGER NOT NULL,
    "cooldown_minutes" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "box_office" TEXT NOT NULL,
    "cancelled" BOOLEAN NOT NULL,
    "paused_actions" SMALLINT NOT NULL,
    "paused_until" BIGINT NOT NULL,
    "artwork" TEXT NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("deployment","event_id")
);

CREATE TABLE "mirror"."market" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "market" TEXT NOT NULL,
    "allowed" BOOLEAN NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "market_pkey" PRIMARY KEY ("deployment","event_id","market")
);

CREATE TABLE "mirror"."class_stock" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "class" SMALLINT NOT NULL,
    "cap" INTEGER NOT NULL,
    "minted" INTEGER NOT NULL,
    "floor" BIGINT NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "class_stock_pkey" PRIMARY KEY ("deployment","event_id","class")
);

CREATE TABLE "mirror"."transfer" (
    "deployment" SMALLINT NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "sender" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "mined_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "transfer_pkey" PRIMARY KEY ("deployment","block_number","log_index")
);

CREATE TABLE "mirror"."holder" (
    "deployment" SMALLINT NOT NULL,
    "owner" TEXT NOT NULL,
    "tickets" INTEGER NOT NULL,
    "received" INTEGER NOT NULL,
    "sent" INTEGER NOT NULL,
    "bought" INTEGER NOT NULL,
    "sold" INTEGER NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "holder_pkey" PRIMARY KEY ("deployment","owner")
);

CREATE TABLE "mirror"."sale" (
    "deployment" SMALLINT NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "seller" TEXT NOT NULL,
    "buyer" TEXT NOT NULL,
    "price" DECIMAL(78,0) NOT NULL,
    "royalty" DECIMAL(78,0) NOT NULL,
    "fee" DECIMAL(78,0) NOT NULL,
    "mined_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "sale_pkey" PRIMARY KEY ("deployment","block_number","log_index")
);

CREATE TABLE "mirror"."check_in" (
    "deployment" SMALLINT NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "mined_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "check_in_pkey" PRIMARY KEY ("deployment","block_number","log_index")
);

CREATE TABLE "mirror"."ticket_void" (
    "deployment" SMALLINT NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "mined_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "ticket_void_pkey" PRIMARY KEY ("deployment","block_number","log_index")
);

CREATE TABLE "mirror"."escrow" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "held" DECIMAL(78,0) NOT NULL,
    "funds" DECIMAL(78,0) NOT NULL,
    "deposited" DECIMAL(78,0) NOT NULL,
    "released" DECIMAL(78,0) NOT NULL,
    "refunded" DECIMAL(78,0) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "escrow_pkey" PRIMARY KEY ("deployment","event_id")
);

CREATE TABLE "mirror"."escrow_entry" (
    "deployment" SMALLINT NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "account" TEXT,
    "ticket_id" BIGINT,
    "amount" DECIMAL(78,0) NOT NULL,
    "mined_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "escrow_entry_pkey" PRIMARY KEY ("deployment","block_number","log_index")
);

CREATE TABLE "mirror"."ticket" (
    "deployment" SMALLINT NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "owner" TEXT NOT NULL,
    "class" SMALLINT NOT NULL,
    "face" DECIMAL(78,0) NOT NULL,
    "nonce" INTEGER NOT NULL,
    "gifts" SMALLINT NOT NULL,
    "used" BOOLEAN NOT NULL,
    "void" BOOLEAN NOT NULL,
    "funded" BOOLEAN NOT NULL,
    "card" BOOLEAN NOT NULL,
    "resold" BOOLEAN NOT NULL,
    "refunded" BOOLEAN NOT NULL,
    "last_price" DECIMAL(78,0),
    "mint_tx" TEXT NOT NULL,
    "mint_block" BIGINT NOT NULL,
    "minted_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "ticket_pkey" PRIMARY KEY ("deployment","ticket_id")
);

CREATE TABLE "mirror"."order_paid" (
    "deployment" SMALLINT NOT NULL,
    "order_id" TEXT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "payer" TEXT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "mined_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "order_paid_pkey" PRIMARY KEY ("deployment","block_number","log_index")
);

CREATE TABLE "mirror"."split_share" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "position" SMALLINT NOT NULL,
    "payee" TEXT NOT NULL,
    "share_bps" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "split_share_pkey" PRIMARY KEY ("deployment","event_id","position")
);

CREATE TABLE "mirror"."pot" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "collected" DECIMAL(78,0) NOT NULL,
    "distributed" DECIMAL(78,0) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "pot_pkey" PRIMARY KEY ("deployment","event_id")
);

CREATE TABLE "mirror"."royalty" (
    "deployment" SMALLINT NOT NULL,
    "position" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "payee" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "mined_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "royalty_pkey" PRIMARY KEY ("deployment","block_number","log_index","position")
);

CREATE TABLE "mirror"."credit" (
    "deployment" SMALLINT NOT NULL,
    "contract" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "credit_pkey" PRIMARY KEY ("deployment","contract","account","currency")
);

CREATE TABLE "mirror"."payout" (
    "deployment" SMALLINT NOT NULL,
    "tx_hash" TEXT NOT NULL,
    "contract" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "mined_at" TIMESTAMPTZ(3) NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "payout_pkey" PRIMARY KEY ("deployment","block_number","log_index")
);

CREATE TABLE "mirror"."role_member" (
    "deployment" SMALLINT NOT NULL,
    "role" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "held" BOOLEAN NOT NULL,
    "block_number" BIGINT NOT NULL,
    "block_hash" TEXT NOT NULL,
    "log_index" INTEGER NOT NULL,

    CONSTRAINT "role_member_pkey" PRIMARY KEY ("deployment","role","account")
);

CREATE TABLE "mirror"."undo" (
    "deployment" SMALLINT NOT NULL,
    "block_number" BIGINT NOT NULL,
    "relation" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "before" JSONB,

    CONSTRAINT "undo_pkey" PRIMARY KEY ("deployment","block_number","relation","key")
);

CREATE INDEX "transfer_deployment_ticket_id_idx" ON "mirror"."transfer"("deployment", "ticket_id");

CREATE INDEX "transfer_tx_hash_idx" ON "mirror"."transfer" USING HASH ("tx_hash");

CREATE INDEX "sale_deployment_ticket_id_idx" ON "mirror"."sale"("deployment", "ticket_id");

CREATE INDEX "sale_deployment_event_id_idx" ON "mirror"."sale"("deployment", "event_id");

CREATE INDEX "sale_seller_idx" ON "mirror"."sale"("seller");

CREATE INDEX "sale_buyer_idx" ON "mirror"."sale"("buyer");

CREATE INDEX "check_in_deployment_ticket_id_idx" ON "mirror"."check_in"("deployment", "ticket_id");

CREATE INDEX "ticket_void_deployment_ticket_id_idx" ON "mirror"."ticket_void"("deployment", "ticket_id");

CREATE INDEX "escrow_entry_deployment_event_id_idx" ON "mirror"."escrow_entry"("deployment", "event_id");

CREATE INDEX "ticket_owner_deployment_ticket_id_idx" ON "mirror"."ticket"("owner", "deployment", "ticket_id");

CREATE INDEX "order_paid_order_id_idx" ON "mirror"."order_paid"("order_id");

CREATE INDEX "royalty_payee_idx" ON "mirror"."royalty"("payee");

CREATE INDEX "royalty_deployment_event_id_idx" ON "mirror"."royalty"("deployment", "event_id");

CREATE INDEX "credit_account_idx" ON "mirror"."credit"("account");

CREATE INDEX "payout_account_idx" ON "mirror"."payout"("account");

-- Addresses are lower-case hex, so that equality is equality.
ALTER TABLE "mirror"."holder" ADD CONSTRAINT "holder_owner_check" CHECK ("owner" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "mirror"."sale" ADD CONSTRAINT "sale_seller_check" CHECK ("seller" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "mirror"."sale" ADD CONSTRAINT "sale_buyer_check" CHECK ("buyer" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "mirror"."ticket" ADD CONSTRAINT "ticket_owner_check" CHECK ("owner" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "mirror"."split_share" ADD CONSTRAINT "split_share_payee_check" CHECK ("payee" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "mirror"."credit" ADD CONSTRAINT "credit_account_check" CHECK ("account" ~ '^0x[0-9a-f]{40}$');

GRANT SELECT ON ALL TABLES IN SCHEMA "mirror" TO "stagedoor_server";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "mirror" TO "stagedoor_indexer";
