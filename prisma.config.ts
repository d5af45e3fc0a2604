// Where Prisma's own tools find the schema and migrations; the product migrates through scripts/migrate.ts.
import { defineConfig } from "prisma/config";

export default defineConfig({
  schema: "server/platform/db/schema.prisma",
  migrations: { path: "server/platform/db/migrations" },
  datasource: { url: process.env.DATABASE_URL ?? "postgresql://unset" },
});
