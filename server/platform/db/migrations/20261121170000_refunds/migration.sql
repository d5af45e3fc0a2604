-- Refunds: which tickets are taken back and how far each has come; no money goes before its ticket is void.
CREATE TABLE "sale"."refund" (
    "id" TEXT NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "order_id" TEXT NOT NULL,
    "payment_id" TEXT,
    "cause" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "asked_by" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'voiding',
    "amount" DECIMAL(78,0),
    "currency" TEXT NOT NULL,
    "provider_ref" TEXT,
    "attempt" SMALLINT NOT NULL DEFAULT 1,
    "why" TEXT,
    "paid_at" TIMESTAMPTZ(3),
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "refund_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "sale"."refund" ADD CONSTRAINT "refund_state_check" CHECK ("state" IN ('voiding', 'paying', 'done', 'attention'));
ALTER TABLE "sale"."refund" ADD CONSTRAINT "refund_cause_check" CHECK ("cause" IN ('asked', 'returned', 'dispute', 'cancelled'));
ALTER TABLE "sale"."refund" ADD CONSTRAINT "refund_amount_check" CHECK ("amount" >= 0);
ALTER TABLE "sale"."refund" ADD CONSTRAINT "refund_order_id_fkey"
  FOREIGN KEY ("order_id") REFERENCES "sale"."order" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "sale"."refund" ADD CONSTRAINT "refund_payment_id_fkey"
  FOREIGN KEY ("payment_id") REFERENCES "sale"."payment" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "refund_order_id_idx" ON "sale"."refund" ("order_id");
CREATE INDEX "refund_payment_id_idx" ON "sale"."refund" ("payment_id");
CREATE INDEX "refund_open_idx" ON "sale"."refund" ("state", "due_at") WHERE "state" <> 'done';

-- The primary key takes a seat of an order back once, whoever asks and however often.
CREATE TABLE "sale"."refund_line" (
    "order_id" TEXT NOT NULL,
    "seat" BIGINT NOT NULL,
    "refund_id" TEXT NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "ticket_id" BIGINT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'asked',
    "pays" TEXT,
    "tx_id" BIGINT,
    "reason" TEXT,
    "shown" BOOLEAN NOT NULL DEFAULT false,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "refund_line_pkey" PRIMARY KEY ("order_id", "seat")
);
ALTER TABLE "sale"."refund_line" ADD CONSTRAINT "refund_line_state_check" CHECK ("state" IN ('asked', 'sent', 'voided', 'waiting', 'paid', 'freed', 'refused'));
ALTER TABLE "sale"."refund_line" ADD CONSTRAINT "refund_line_pays_check" CHECK ("pays" IN ('payer', 'holder', 'nobody'));
ALTER TABLE "sale"."refund_line" ADD CONSTRAINT "refund_line_amount_check" CHECK ("amount" >= 0);
ALTER TABLE "sale"."refund_line" ADD CONSTRAINT "refund_line_refund_id_fkey"
  FOREIGN KEY ("refund_id") REFERENCES "sale"."refund" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "sale"."refund_line" ADD CONSTRAINT "refund_line_tx_id_fkey"
  FOREIGN KEY ("tx_id") REFERENCES "sale"."chain_tx" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
CREATE INDEX "refund_line_refund_id_idx" ON "sale"."refund_line" ("refund_id");
CREATE INDEX "refund_line_deployment_ticket_id_idx" ON "sale"."refund_line" ("deployment", "ticket_id");
CREATE INDEX "refund_line_tx_id_idx" ON "sale"."refund_line" ("tx_id");
CREATE INDEX "refund_line_open_idx" ON "sale"."refund_line" ("state", "updated_at") WHERE "state" NOT IN ('freed', 'refused');
CREATE INDEX "refund_line_unshown_idx" ON "sale"."refund_line" ("updated_at") WHERE "state" = 'freed' AND NOT "shown";

-- Under which issue a place is sold next: one more than its last ticket that was made void.
ALTER TABLE "sale"."claim" ADD COLUMN "issue" SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE "sale"."claim" ADD CONSTRAINT "claim_issue_check" CHECK ("issue" BETWEEN 0 AND 15);

-- refunded: its money went back, and its tickets are void.
ALTER TABLE "sale"."order" DROP CONSTRAINT "order_state_check";
ALTER TABLE "sale"."order" ADD CONSTRAINT "order_state_check" CHECK ("state" IN ('claimed', 'paid', 'fulfilled', 'attention', 'expired', 'refunded'));

-- withdrawn: refunded before it was minted. Its ticket was never made, so its id is sold again.
ALTER TABLE "sale"."mint_line" DROP CONSTRAINT "mint_line_state_check";
ALTER TABLE "sale"."mint_line" ADD CONSTRAINT "mint_line_state_check" CHECK ("state" IN ('queued', 'sent', 'minted', 'attention', 'withdrawn'));
DROP INDEX "sale"."mint_line_deployment_ticket_id_key";
CREATE UNIQUE INDEX "mint_line_deployment_ticket_id_key" ON "sale"."mint_line" ("deployment", "ticket_id") WHERE "state" <> 'withdrawn';

GRANT SELECT, INSERT, UPDATE ON "sale"."refund", "sale"."refund_line" TO "stagedoor_server";
