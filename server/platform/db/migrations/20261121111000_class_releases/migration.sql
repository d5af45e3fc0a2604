-- Seats that were kept back and go on public sale after all, once the chain has moved their units.
CREATE TABLE "sale"."class_release" (
    "id" BIGSERIAL NOT NULL,
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "class" SMALLINT NOT NULL,
    "seats" BIGINT[],
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "tx_id" BIGINT,
    "reason" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "class_release_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "sale"."class_release" ADD CONSTRAINT "class_release_deployment_event_id_fkey" FOREIGN KEY ("deployment", "event_id") REFERENCES "sale"."event"("deployment", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."class_release" ADD CONSTRAINT "class_release_tx_id_fkey" FOREIGN KEY ("tx_id") REFERENCES "sale"."chain_tx"("id") ON DELETE SET NULL ON UPDATE CASCADE;

ALTER TABLE "sale"."class_release" ADD CONSTRAINT "class_release_class_check" CHECK ("class" BETWEEN 1 AND 4);
ALTER TABLE "sale"."class_release" ADD CONSTRAINT "class_release_seats_check" CHECK ("seats" IS NOT NULL AND cardinality("seats") > 0);
ALTER TABLE "sale"."class_release" ADD CONSTRAINT "class_release_state_check" CHECK ("state" IN ('waiting', 'sent', 'done', 'attention'));
CREATE INDEX "class_release_open_idx" ON "sale"."class_release" ("id") WHERE "state" IN ('waiting', 'sent');

GRANT SELECT, INSERT, UPDATE, DELETE ON "sale"."class_release" TO "stagedoor_server";
GRANT USAGE ON SEQUENCE "sale"."class_release_id_seq" TO "stagedoor_server";
