-- Late money: the place that a line was ordered as, where somebody else had it by the time it was paid.
ALTER TABLE "sale"."order_line" ADD COLUMN "moved_from_seat" BIGINT;
ALTER TABLE "sale"."order_line" ADD COLUMN "moved_from" TEXT;
ALTER TABLE "sale"."order_line" ADD COLUMN "moved_at" TIMESTAMPTZ(3);
ALTER TABLE "sale"."order_line" ADD CONSTRAINT "order_line_moved_check"
  CHECK (num_nulls("moved_from", "moved_from_seat", "moved_at") IN (0, 3));
