/**
 * Lays two lists side by side: which item stayed, which became which, which
 * went and which is new. Pairs never cross, so order is kept.
 *
 * @module
 */

/** Positions that belong together; one side is absent for removed and new items. */
export interface Aligned {
  readonly from?: number;
  readonly to?: number;
}

/** How two items are recognised as the same one. */
export type KeyOf<T> = (item: T) => string | undefined;

interface Range {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

/** What {@linkcode align} goes by. */
export interface AlignOptions<T> {
  /** Tried in turn inside what the earlier ones left open; first is equality. */
  readonly keys: readonly KeyOf<T>[];
  /** Pairs what is left by position where both sides hold as many. */
  readonly byPosition?: (before: T, after: T) => boolean;
}

/** Aligns two lists; the result is in the order of the lists. */
export function align<T>(
  before: readonly T[],
  after: readonly T[],
  options: AlignOptions<T>,
): readonly Aligned[] {
  const whole: Range = { from: [0, before.length], to: [0, after.length] };
  return alignRange({ before, after, options }, whole, 0);
}

interface Lists<T> {
  readonly before: readonly T[];
  readonly after: readonly T[];
  readonly options: AlignOptions<T>;
}

function alignRange<T>(
  lists: Lists<T>,
  range: Range,
  depth: number,
): readonly Aligned[] {
  const [fromStart, fromEnd] = range.from;
  const [toStart, toEnd] = range.to;
  const keyOf = lists.options.keys[depth];
  if (keyOf === undefined || fromStart === fromEnd || toStart === toEnd) {
    return rest(lists, range);
  }
  const pairs = longestCommon(
    lists.before.slice(fromStart, fromEnd).map(keyOf),
    lists.after.slice(toStart, toEnd).map(keyOf),
  );
  const aligned: Aligned[] = [];
  let [from, to] = [fromStart, toStart];
  const until = (left: number, right: number) => {
    const gap: Range = { from: [from, left], to: [to, right] };
    aligned.push(...alignRange(lists, gap, depth + 1));
    [from, to] = [left, right];
  };
  for (const [left, right] of pairs) {
    until(fromStart + left, toStart + right);
    aligned.push({ from: from++, to: to++ });
  }
  until(fromEnd, toEnd);
  return aligned;
}

function rest<T>(lists: Lists<T>, range: Range): readonly Aligned[] {
  const froms = sequence(range.from);
  const tos = sequence(range.to);
  const { byPosition } = lists.options;
  if (
    byPosition !== undefined && froms.length === tos.length &&
    froms.every((from, i) =>
      byPosition(lists.before[from]!, lists.after[tos[i]!]!)
    )
  ) {
    return froms.map((from, i) => ({ from, to: tos[i]! }));
  }
  return [...froms.map((from) => ({ from })), ...tos.map((to) => ({ to }))];
}

function sequence([start, end]: readonly [number, number]): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

type Key = string | undefined;

/** Index pairs of a longest common subsequence; absent keys match nothing. */
function longestCommon(
  a: readonly Key[],
  b: readonly Key[],
): [number, number][] {
  const same = (i: number, j: number) => a[i] !== undefined && a[i] === b[j];
  let start = 0;
  while (start < a.length && start < b.length && same(start, start)) start++;
  let tail = 0;
  while (
    tail < a.length - start && tail < b.length - start &&
    same(a.length - 1 - tail, b.length - 1 - tail)
  ) tail++;
  const rows = a.length - start - tail;
  const columns = b.length - start - tail;
  const width = columns + 1;
  if (rows * width > LARGEST_TABLE) return trimmed(a, b, { start, tail });
  const lengths = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i * width + j] = same(start + i, start + j)
        ? lengths[(i + 1) * width + j + 1]! + 1
        : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const middle: [number, number][] = [];
  for (let i = 0, j = 0; i < rows && j < columns;) {
    if (same(start + i, start + j)) middle.push([start + i++, start + j++]);
    else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) i++;
    else j++;
  }
  return trimmed(a, b, { start, tail, middle });
}

/** Cells of the table beyond which the middle is taken as all different. */
const LARGEST_TABLE = 1 << 25;

function trimmed(
  a: readonly Key[],
  b: readonly Key[],
  found: {
    readonly start: number;
    readonly tail: number;
    readonly middle?: readonly [number, number][];
  },
): [number, number][] {
  const { start, tail, middle = [] } = found;
  return [
    ...sequence([0, start]).map((i): [number, number] => [i, i]),
    ...middle,
    ...sequence([0, tail]).map((i): [number, number] => [
      a.length - tail + i,
      b.length - tail + i,
    ]),
  ];
}
