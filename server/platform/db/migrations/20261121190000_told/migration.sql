-- What a fan is told: notices for wallets, when an order's hold was made, and how far an act is told.
ALTER TABLE "sale"."order" ADD COLUMN "held_at" TIMESTAMPTZ(3);

CREATE TABLE "sale"."notice" (
    "id" BIGSERIAL NOT NULL,
    "wallet" TEXT NOT NULL,
    "fact" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "order_id" TEXT,
    "amount" DECIMAL(78,0),
    "currency" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "read_at" TIMESTAMPTZ(3),
    CONSTRAINT "notice_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "sale"."notice" ADD CONSTRAINT "notice_kind_check" CHECK ("kind" IN ('tickets-ready', 'order-attention', 'order-expired', 'event-moved', 'event-cancelled', 'refund-paid', 'dispute-open', 'dispute-won', 'dispute-lost'));
ALTER TABLE "sale"."notice" ADD CONSTRAINT "notice_amount_check" CHECK ("amount" >= 0 AND ("amount" IS NULL) = ("currency" IS NULL));
-- Nobody is told the same fact twice.
CREATE UNIQUE INDEX "notice_wallet_fact_key" ON "sale"."notice" ("wallet", "fact");
CREATE INDEX "notice_wallet_id_idx" ON "sale"."notice" ("wallet", "id");
CREATE INDEX "notice_created_at_idx" ON "sale"."notice" ("created_at");
GRANT SELECT, INSERT, DELETE ON "sale"."notice" TO "stagedoor_server";
GRANT UPDATE ("read_at") ON "sale"."notice" TO "stagedoor_server";
GRANT USAGE ON SEQUENCE "sale"."notice_id_seq" TO "stagedoor_server";

-- Counted as they are told: orders that come later have ids before the last one, too.
ALTER TABLE "sale"."event_act" ADD COLUMN "orders_told" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "sale"."event_act" ADD COLUMN "wallets_told" INTEGER NOT NULL DEFAULT 0;
UPDATE "sale"."event_act" act SET "orders_told" = (
  SELECT count(*) FROM "sale"."order" o
  WHERE o.deployment = act.deployment AND o.event_id = act.event_id
    AND o.state NOT IN ('claimed', 'expired') AND o.id <= act.told_until);
