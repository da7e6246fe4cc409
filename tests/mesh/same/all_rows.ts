/**
 * Every row.
 *
 * @module
 */

import { LIST_ROWS } from "./list_rows.ts";
import { OBJECT_ROWS } from "./object_rows.ts";
import type { Row } from "./rows.ts";
import { SERVER_ROWS } from "./server_rows.ts";

export const ROWS: readonly Row[] = [
  ...OBJECT_ROWS,
  ...LIST_ROWS,
  ...SERVER_ROWS,
];
