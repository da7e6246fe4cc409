/**
 * Every row.
 *
 * @module
 */

import { APPLY_ROWS } from "./apply_rows.ts";
import { LIST_ROWS } from "./list_rows.ts";
import { OBJECT_ROWS } from "./object_rows.ts";
import type { Row } from "./rows.ts";
import { SERVER_ROWS } from "./server_rows.ts";

export const ROWS: readonly Row[] = [
  ...OBJECT_ROWS,
  ...APPLY_ROWS,
  ...LIST_ROWS,
  ...SERVER_ROWS,
];
