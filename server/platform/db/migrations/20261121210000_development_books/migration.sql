-- What the development provider remembers, as a card provider would: its own list can be held against ours.
CREATE TABLE "sale"."development_payment" (
    "payment_id" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "authorised" DECIMAL(78,0) NOT NULL,
    "captured" DECIMAL(78,0) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "development_payment_pkey" PRIMARY KEY ("payment_id")
);
CREATE INDEX "development_payment_created_at_idx" ON "sale"."development_payment" ("created_at");
CREATE TABLE "sale"."development_refund" (
    "payment_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "development_refund_pkey" PRIMARY KEY ("payment_id", "key")
);
CREATE INDEX "development_refund_created_at_idx" ON "sale"."development_refund" ("created_at");

-- What was paid before it had a memory.
INSERT INTO "sale"."development_payment" ("payment_id", "currency", "authorised", "captured", "created_at")
  SELECT "id", "currency", 0, "amount", "created_at" FROM "sale"."payment"
  WHERE "provider" = 'development' AND "state" = 'captured';
INSERT INTO "sale"."development_refund" ("payment_id", "key", "amount", "created_at")
  SELECT "refund"."payment_id", "refund"."id" || ':' || "refund"."attempt", "refund"."amount", "refund"."paid_at"
  FROM "sale"."refund" JOIN "sale"."payment" ON "payment"."id" = "refund"."payment_id"
  WHERE "payment"."provider" = 'development' AND "refund"."paid_at" IS NOT NULL AND "refund"."amount" > 0;

GRANT SELECT, INSERT, UPDATE ON "sale"."development_payment", "sale"."development_refund" TO "stagedoor_server";
