-- Late money: the place that a line was ordered as, where somebody else had it by the time it was paid.
ALTER TABLE "sale"."order_line" ADD COLUMN "moved_from_seat" BIGINT;
ALTER TABLE "sale"."order_line" ADD COLUMN "moved_from" TEXT;
ALTER TABLE "sale"."order_line" ADD CONSTRAINT "order_line_moved_from_check" CHECK (("moved_from" IS NULL) = ("moved_from_seat" IS NULL));
