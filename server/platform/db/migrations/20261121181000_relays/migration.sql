-- Relays: a buyer's authorisation of the price (EIP-3009), which a worker takes to the box office.
ALTER TABLE "sale"."voucher" ADD COLUMN "relay_state" TEXT;
ALTER TABLE "sale"."voucher" ADD COLUMN "valid_after" BIGINT;
ALTER TABLE "sale"."voucher" ADD COLUMN "valid_before" BIGINT;
ALTER TABLE "sale"."voucher" ADD COLUMN "authorisation" TEXT;
ALTER TABLE "sale"."voucher" ADD COLUMN "relay_tx" BIGINT;
ALTER TABLE "sale"."voucher" ADD COLUMN "relay_why" TEXT;
ALTER TABLE "sale"."voucher" ADD CONSTRAINT "voucher_relay_state_check" CHECK ("relay_state" IN ('waiting', 'sent', 'refused'));
ALTER TABLE "sale"."voucher" ADD CONSTRAINT "voucher_relay_check" CHECK ("relay_state" IS NULL OR "authorisation" IS NOT NULL);
ALTER TABLE "sale"."voucher" ADD CONSTRAINT "voucher_relay_tx_fkey"
  FOREIGN KEY ("relay_tx") REFERENCES "sale"."chain_tx" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
CREATE INDEX "voucher_relay_tx_idx" ON "sale"."voucher" ("relay_tx");
CREATE INDEX "voucher_relay_waiting_idx" ON "sale"."voucher" ("created_at") WHERE "relay_state" = 'waiting';
