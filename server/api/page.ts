// Pages of lists: how many at once, and a cursor that only we can read and nobody needs to.
import { z } from "zod";

const PAGE_SIZE_DEFAULT = 50;
const PAGE_SIZE_MAX = 200;
const CURSOR_LENGTH_MAX = 200;

export const PageSize = z.coerce
  .number()
  .int()
  .min(1)
  .max(PAGE_SIZE_MAX)
  .default(PAGE_SIZE_DEFAULT)
  .describe("Entries on a page.");

const INTEGER_MAX = 2 ** 31 - 1;
/** A place in a cursor that a column of the database holds, so that none is an error of its own. */
export const LogPlace = z.int().min(0).max(INTEGER_MAX);

/** `next` of an answer. */
export const NextCursor = z
  .string()
  .nullable()
  .describe("Cursor of the next page; null where this is the last.");

/**
 * A cursor is the position of the last entry of a page, so that what comes and goes meanwhile
 * neither doubles nor hides the others. It says nothing that the page does not, so it is not
 * signed: one that was changed is a position like any other, or is refused here.
 */
export function cursorOf<T>(list: string, position: z.ZodType<T>) {
  return z
    .string()
    .max(CURSOR_LENGTH_MAX)
    .regex(/^[\w-]+$/)
    .transform((text, context): T => {
      const parsed = position.safeParse(readPosition(list, text));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: "custom", message: "is no cursor of this list" });
      return z.NEVER;
    })
    .describe("`next` of the page before.");
}

export function writeCursor(list: string, position: readonly (string | number)[]): string {
  const text = btoa(JSON.stringify([list, ...position]));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function readPosition(list: string, text: string): unknown {
  try {
    const decoded = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const [name, ...position] = JSON.parse(decoded) as unknown[];
    return name === list ? position : undefined;
  } catch {
    return undefined;
  }
}
