-- What an organiser decides before a sale: plan, areas, phases, terms, payees, and how far publishing is.
ALTER TABLE "sale"."event" ADD COLUMN "city" TEXT NOT NULL DEFAULT '',
  ADD COLUMN "address" TEXT NOT NULL DEFAULT '',
  ADD COLUMN "organiser" TEXT,
  ADD COLUMN "policy" TEXT NOT NULL DEFAULT 'market-only',
  ADD COLUMN "max_gifts" SMALLINT NOT NULL DEFAULT 1,
  ADD COLUMN "resale_cap_bps" INTEGER NOT NULL DEFAULT 11000,
  ADD COLUMN "royalty_bps" INTEGER NOT NULL DEFAULT 1000,
  ADD COLUMN "fee_cap_bps" INTEGER NOT NULL DEFAULT 500,
  ADD COLUMN "lock_minutes" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "cooldown_minutes" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "freeze_at" TIMESTAMPTZ(3),
  ADD COLUMN "limit_per_person" INTEGER,
  ADD COLUMN "plan_hash" TEXT,
  ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN "published_at" TIMESTAMPTZ(3);

ALTER TABLE "sale"."seat" ADD COLUMN "zone" TEXT,
  ADD COLUMN "guid" TEXT,
  ADD COLUMN "class" SMALLINT NOT NULL DEFAULT 0,
  ADD COLUMN "access" SMALLINT NOT NULL DEFAULT 0,
  ADD COLUMN "rank" INTEGER NOT NULL DEFAULT 0;

-- Seats made before plans had guids are named by their place, and ranked as they are numbered.
UPDATE "sale"."seat" AS seated SET "zone" = "section", "guid" = seated."seat"::TEXT, "rank" = ranked."rank"
  FROM (SELECT "deployment", "event_id", "seat",
               row_number() OVER (PARTITION BY "deployment", "event_id" ORDER BY "seat") AS "rank"
        FROM "sale"."seat") AS ranked
  WHERE ranked."deployment" = seated."deployment" AND ranked."event_id" = seated."event_id"
    AND ranked."seat" = seated."seat";
ALTER TABLE "sale"."seat" ALTER COLUMN "zone" SET NOT NULL, ALTER COLUMN "guid" SET NOT NULL;

CREATE TABLE "sale"."area" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "section" SMALLINT NOT NULL,
    "zone" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "category_id" SMALLINT NOT NULL,
    "capacity" INTEGER NOT NULL,
    "class" SMALLINT NOT NULL DEFAULT 0,

    CONSTRAINT "area_pkey" PRIMARY KEY ("deployment","event_id","section")
);

CREATE TABLE "sale"."phase" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "id" SMALLINT NOT NULL,
    "name" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "classes" SMALLINT[],
    "limit_per_person" INTEGER,
    "limit_per_order" INTEGER NOT NULL,
    "proof_of_work" SMALLINT NOT NULL DEFAULT 0,

    CONSTRAINT "phase_pkey" PRIMARY KEY ("deployment","event_id","id")
);

CREATE TABLE "sale"."payee" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "position" SMALLINT NOT NULL,
    "address" TEXT NOT NULL,
    "share_bps" INTEGER NOT NULL,
    "signature" TEXT,
    "accepted_at" TIMESTAMPTZ(3),

    CONSTRAINT "payee_pkey" PRIMARY KEY ("deployment","event_id","position")
);

CREATE TABLE "sale"."plan" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "content" BYTEA NOT NULL,
    "imported_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "plan_pkey" PRIMARY KEY ("deployment","event_id")
);

CREATE TABLE "sale"."publish_step" (
    "deployment" SMALLINT NOT NULL,
    "event_id" INTEGER NOT NULL,
    "step" TEXT NOT NULL,
    "position" SMALLINT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "tx_id" BIGINT,
    "reason" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "publish_step_pkey" PRIMARY KEY ("deployment","event_id","step")
);

ALTER TABLE "sale"."area" ADD CONSTRAINT "area_deployment_event_id_fkey" FOREIGN KEY ("deployment", "event_id") REFERENCES "sale"."event"("deployment", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."area" ADD CONSTRAINT "area_deployment_event_id_category_id_fkey" FOREIGN KEY ("deployment", "event_id", "category_id") REFERENCES "sale"."category"("deployment", "event_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."phase" ADD CONSTRAINT "phase_deployment_event_id_fkey" FOREIGN KEY ("deployment", "event_id") REFERENCES "sale"."event"("deployment", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."payee" ADD CONSTRAINT "payee_deployment_event_id_fkey" FOREIGN KEY ("deployment", "event_id") REFERENCES "sale"."event"("deployment", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."plan" ADD CONSTRAINT "plan_deployment_event_id_fkey" FOREIGN KEY ("deployment", "event_id") REFERENCES "sale"."event"("deployment", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."publish_step" ADD CONSTRAINT "publish_step_deployment_event_id_fkey" FOREIGN KEY ("deployment", "event_id") REFERENCES "sale"."event"("deployment", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "sale"."publish_step" ADD CONSTRAINT "publish_step_tx_id_fkey" FOREIGN KEY ("tx_id") REFERENCES "sale"."chain_tx"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- A guid is how the plan names a seat, so within an event it names one; categories are named so too.
CREATE UNIQUE INDEX "seat_deployment_event_id_guid_key" ON "sale"."seat" ("deployment", "event_id", "guid");
CREATE UNIQUE INDEX "category_deployment_event_id_name_key" ON "sale"."category" ("deployment", "event_id", "name");
CREATE UNIQUE INDEX "area_deployment_event_id_name_key" ON "sale"."area" ("deployment", "event_id", "name");
CREATE UNIQUE INDEX "payee_deployment_event_id_address_key" ON "sale"."payee" ("deployment", "event_id", "address");
-- What the worker looks for: events on their way to the chain.
CREATE INDEX "event_publishing_idx" ON "sale"."event" ("deployment", "id") WHERE "state" = 'publishing';

-- States and words, spelled once here and once in server/domain; a test compares the two.
ALTER TABLE "sale"."event" DROP CONSTRAINT "event_state_check";
ALTER TABLE "sale"."event" ADD CONSTRAINT "event_state_check" CHECK ("state" IN ('draft', 'publishing', 'published', 'cancelled', 'ended'));
ALTER TABLE "sale"."event" ADD CONSTRAINT "event_policy_check" CHECK ("policy" IN ('open', 'gift', 'market-only', 'frozen'));
ALTER TABLE "sale"."publish_step" ADD CONSTRAINT "publish_step_state_check" CHECK ("state" IN ('waiting', 'sent', 'done', 'attention'));
ALTER TABLE "sale"."publish_step" ADD CONSTRAINT "publish_step_step_check" CHECK ("step" IN ('create', 'market', 'split'));

-- What fits the fields that the contract gives each.
ALTER TABLE "sale"."event" ADD CONSTRAINT "event_terms_check" CHECK (
  "max_gifts" BETWEEN 0 AND 15 AND "resale_cap_bps" BETWEEN 0 AND 65535
  AND "royalty_bps" >= 0 AND "fee_cap_bps" >= 0 AND "royalty_bps" + "fee_cap_bps" <= 10000
  AND "lock_minutes" BETWEEN 0 AND 65535 AND "cooldown_minutes" BETWEEN 0 AND 65535);
ALTER TABLE "sale"."event" ADD CONSTRAINT "event_limit_per_person_check" CHECK ("limit_per_person" > 0);
ALTER TABLE "sale"."event" ADD CONSTRAINT "event_organiser_check" CHECK ("organiser" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "sale"."event" ADD CONSTRAINT "event_plan_hash_check" CHECK ("plan_hash" ~ '^0x[0-9a-f]{64}$');
ALTER TABLE "sale"."plan" ADD CONSTRAINT "plan_hash_check" CHECK ("hash" ~ '^0x[0-9a-f]{64}$');
ALTER TABLE "sale"."payee" ADD CONSTRAINT "payee_address_check" CHECK ("address" ~ '^0x[0-9a-f]{40}$');
ALTER TABLE "sale"."payee" ADD CONSTRAINT "payee_share_bps_check" CHECK ("share_bps" BETWEEN 1 AND 10000);
ALTER TABLE "sale"."seat" ADD CONSTRAINT "seat_class_check" CHECK ("class" BETWEEN 0 AND 4);
ALTER TABLE "sale"."seat" ADD CONSTRAINT "seat_access_check" CHECK ("access" BETWEEN 0 AND 2);
ALTER TABLE "sale"."area" ADD CONSTRAINT "area_section_check" CHECK ("section" BETWEEN 0 AND 4095);
ALTER TABLE "sale"."area" ADD CONSTRAINT "area_capacity_check" CHECK ("capacity" BETWEEN 1 AND 16777215);
ALTER TABLE "sale"."area" ADD CONSTRAINT "area_class_check" CHECK ("class" BETWEEN 0 AND 4);
-- Places kept for artist, sponsors and guests are never in a phase: the box office sells them.
ALTER TABLE "sale"."phase" ADD CONSTRAINT "phase_classes_check" CHECK ("classes" IS NOT NULL AND cardinality("classes") > 0 AND "classes" <@ ARRAY[0, 1]::SMALLINT[]);
ALTER TABLE "sale"."phase" ADD CONSTRAINT "phase_times_check" CHECK ("starts_at" < "ends_at");
ALTER TABLE "sale"."phase" ADD CONSTRAINT "phase_limits_check" CHECK ("limit_per_order" > 0 AND "limit_per_person" > 0);
ALTER TABLE "sale"."phase" ADD CONSTRAINT "phase_proof_of_work_check" CHECK ("proof_of_work" >= 0);

-- What is on sale already has one phase: from its creation until it begins.
INSERT INTO "sale"."phase" ("deployment", "event_id", "id", "name", "starts_at", "ends_at", "classes", "limit_per_order")
  SELECT "deployment", "id", 1, 'General sale', "created_at", "starts_at", ARRAY[0]::SMALLINT[], "seats_per_hold"
  FROM "sale"."event" WHERE "state" = 'published' AND "created_at" < "starts_at";
UPDATE "sale"."event" SET "published_at" = "created_at" WHERE "state" = 'published';

GRANT SELECT, INSERT, UPDATE, DELETE ON "sale"."area", "sale"."phase", "sale"."payee", "sale"."plan", "sale"."publish_step" TO "stagedoor_server";
