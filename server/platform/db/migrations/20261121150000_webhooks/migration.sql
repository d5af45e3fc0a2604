-- Webhooks: who wants to hear of what, what happened, and how far each message has come.
CREATE TABLE "sale"."webhook_endpoint" (
    "id" TEXT NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "url" TEXT NOT NULL,
    "types" TEXT[],
    "secret" TEXT NOT NULL,
    "previous_secret" TEXT,
    "previous_until" TIMESTAMPTZ(3),
    "state" TEXT NOT NULL DEFAULT 'active',
    "reason" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "webhook_endpoint_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "webhook_endpoint_deployment_event_id_idx" ON "sale"."webhook_endpoint" ("deployment", "event_id");
ALTER TABLE "sale"."webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_state_check" CHECK ("state" IN ('active', 'disabled'));

CREATE TABLE "sale"."webhook_message" (
    "id" TEXT NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "order_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "webhook_message_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "webhook_message_seq_key" ON "sale"."webhook_message" ("seq");
CREATE INDEX "webhook_message_created_at_idx" ON "sale"."webhook_message" ("created_at");

CREATE TABLE "sale"."webhook_delivery" (
    "endpoint_id" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "order_id" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("endpoint_id", "message_id")
);
ALTER TABLE "sale"."webhook_delivery" ADD CONSTRAINT "webhook_delivery_state_check" CHECK ("state" IN ('waiting', 'delivered', 'failed'));
ALTER TABLE "sale"."webhook_delivery" ADD CONSTRAINT "webhook_delivery_endpoint_id_fkey"
  FOREIGN KEY ("endpoint_id") REFERENCES "sale"."webhook_endpoint" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "sale"."webhook_delivery" ADD CONSTRAINT "webhook_delivery_message_id_fkey"
  FOREIGN KEY ("message_id") REFERENCES "sale"."webhook_message" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "webhook_delivery_message_id_idx" ON "sale"."webhook_delivery" ("message_id");
-- What is due, and whether something earlier of the same order is still on its way.
CREATE INDEX "webhook_delivery_due_idx" ON "sale"."webhook_delivery" ("due_at") WHERE "state" = 'waiting';
CREATE INDEX "webhook_delivery_order_idx" ON "sale"."webhook_delivery" ("endpoint_id", "order_id", "seq") WHERE "state" = 'waiting';

CREATE TABLE "sale"."webhook_attempt" (
    "id" BIGSERIAL NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "status" INTEGER,
    "error" TEXT,
    "took_ms" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "webhook_attempt_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "sale"."webhook_attempt" ADD CONSTRAINT "webhook_attempt_endpoint_id_message_id_fkey"
  FOREIGN KEY ("endpoint_id", "message_id") REFERENCES "sale"."webhook_delivery" ("endpoint_id", "message_id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "webhook_attempt_endpoint_id_message_id_idx" ON "sale"."webhook_attempt" ("endpoint_id", "message_id");

GRANT SELECT, INSERT, UPDATE, DELETE ON "sale"."webhook_endpoint", "sale"."webhook_message",
  "sale"."webhook_delivery", "sale"."webhook_attempt" TO "stagedoor_server";
GRANT USAGE ON SEQUENCE "sale"."webhook_message_seq_seq", "sale"."webhook_attempt_id_seq" TO "stagedoor_server";
