-- What an organiser does to an event that is on sale: cancels it, or moves its doors to a later time.
CREATE TABLE "sale"."event_act" (
    "id" BIGSERIAL NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "doors_at" TIMESTAMPTZ(3),
    "starts_at" TIMESTAMPTZ(3),
    "ends_at" TIMESTAMPTZ(3),
    "why" TEXT NOT NULL,
    "asked_by" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "tx_id" BIGINT,
    "reason" TEXT,
    "told_until" TEXT NOT NULL DEFAULT '',
    "told" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "event_act_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "sale"."event_act" ADD CONSTRAINT "event_act_kind_check" CHECK ("kind" IN ('cancel', 'reschedule'));
ALTER TABLE "sale"."event_act" ADD CONSTRAINT "event_act_state_check" CHECK ("state" IN ('waiting', 'sent', 'done', 'attention'));
ALTER TABLE "sale"."event_act" ADD CONSTRAINT "event_act_times_check" CHECK (("kind" = 'cancel') = ("doors_at" IS NULL));
ALTER TABLE "sale"."event_act" ADD CONSTRAINT "event_act_deployment_event_id_fkey"
  FOREIGN KEY ("deployment", "event_id") REFERENCES "sale"."event" ("deployment", "id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "sale"."event_act" ADD CONSTRAINT "event_act_tx_id_fkey"
  FOREIGN KEY ("tx_id") REFERENCES "sale"."chain_tx" ("id") ON DELETE SET NULL ON UPDATE CASCADE;
CREATE INDEX "event_act_deployment_event_id_idx" ON "sale"."event_act" ("deployment", "event_id");
-- One at a time: the next one begins when the chain has this one.
CREATE UNIQUE INDEX "event_act_open_key" ON "sale"."event_act" ("deployment", "event_id") WHERE "state" IN ('waiting', 'sent');

-- Orders of an event, in the order in which they are told of it.
CREATE INDEX "order_deployment_event_id_id_idx" ON "sale"."order" ("deployment", "event_id", "id") WHERE "state" NOT IN ('claimed', 'expired');

GRANT SELECT, INSERT, UPDATE ON "sale"."event_act" TO "stagedoor_server";
GRANT USAGE ON SEQUENCE "sale"."event_act_id_seq" TO "stagedoor_server";
