-- Payments that a provider takes elsewhere: what it told us, how far we have asked, what was disputed.
CREATE TABLE "sale"."provider_event" (
    "provider" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "object_id" TEXT NOT NULL,
    "payment_id" TEXT,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "happened_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "provider_event_pkey" PRIMARY KEY ("provider", "id")
);
ALTER TABLE "sale"."provider_event" ADD CONSTRAINT "provider_event_state_check" CHECK ("state" IN ('waiting', 'handled', 'foreign'));
CREATE INDEX "provider_event_due_idx" ON "sale"."provider_event" ("provider", "due_at") WHERE "state" = 'waiting';
CREATE INDEX "provider_event_received_at_idx" ON "sale"."provider_event" ("received_at");

CREATE TABLE "sale"."provider_poll" (
    "provider" TEXT NOT NULL,
    "polled_until" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "provider_poll_pkey" PRIMARY KEY ("provider")
);

CREATE TABLE "sale"."dispute" (
    "id" TEXT NOT NULL,
    "payment_id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "amount" DECIMAL(78,0) NOT NULL,
    "currency" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "dispute_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "sale"."dispute" ADD CONSTRAINT "dispute_state_check" CHECK ("state" IN ('open', 'won', 'lost'));
ALTER TABLE "sale"."dispute" ADD CONSTRAINT "dispute_amount_check" CHECK ("amount" > 0);
ALTER TABLE "sale"."dispute" ADD CONSTRAINT "dispute_payment_id_fkey"
  FOREIGN KEY ("payment_id") REFERENCES "sale"."payment" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "dispute_order_id_idx" ON "sale"."dispute" ("order_id");

-- A payment that ended here and is still to be given back there: swept until it is.
ALTER TABLE "sale"."payment" ADD COLUMN "owes_void" BOOLEAN NOT NULL DEFAULT false;
CREATE INDEX "payment_owes_void_idx" ON "sale"."payment" ("updated_at") WHERE "owes_void";

GRANT SELECT, INSERT, UPDATE, DELETE ON "sale"."provider_event" TO "stagedoor_server";
GRANT SELECT, INSERT, UPDATE ON "sale"."provider_poll", "sale"."dispute" TO "stagedoor_server";
