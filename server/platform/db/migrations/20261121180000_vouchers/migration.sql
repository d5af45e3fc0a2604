-- Vouchers: what was signed for an order that its buyer pays and mints on chain.
CREATE TABLE "sale"."voucher" (
    "payment_id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "order_key" TEXT NOT NULL,
    "box_office" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "class" SMALLINT NOT NULL,
    "unit_price" DECIMAL(78,0) NOT NULL,
    "deadline" BIGINT NOT NULL,
    "payer" TEXT NOT NULL,
    "runs" TEXT NOT NULL,
    "signer" TEXT NOT NULL,
    "signature" TEXT NOT NULL,
    "tx_hash" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "voucher_pkey" PRIMARY KEY ("payment_id")
);
CREATE UNIQUE INDEX "voucher_order_id_key" ON "sale"."voucher" ("order_id");
CREATE UNIQUE INDEX "voucher_order_key_key" ON "sale"."voucher" ("order_key");
ALTER TABLE "sale"."voucher" ADD CONSTRAINT "voucher_payment_id_fkey"
  FOREIGN KEY ("payment_id") REFERENCES "sale"."payment" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "sale"."voucher" ADD CONSTRAINT "voucher_amount_check" CHECK ("amount" >= 0);
ALTER TABLE "sale"."voucher" ADD CONSTRAINT "voucher_payer_check" CHECK ("payer" ~ '^0x[0-9a-f]{40}$');

-- Which of them the chain is watched for.
CREATE INDEX "payment_voucher_open_idx" ON "sale"."payment" ("created_at")
  WHERE "provider" = 'voucher' AND "state" = 'authorised';

GRANT SELECT, INSERT, UPDATE ON "sale"."voucher" TO "stagedoor_server";
