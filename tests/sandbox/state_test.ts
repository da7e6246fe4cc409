import { TrafficError } from "../../src/errors.ts";
import { openState, resetState } from "../../src/sandbox/state.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "../support/assert.ts";
import { virtualService } from "./support.ts";

const ONE = { kind: "VirtualService", namespace: "default", name: "one" };
const MASTER = { ...ONE, name: "api-domain-virtualservice" };
const posix = Deno.build.os !== "windows";

async function inDirectory(
  run: (directory: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await run(`${root}/state/sandbox`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("a state begins with the demo world and keeps what is written", async () => {
  await inDirectory(async (directory) => {
    {
      using state = await openState(directory);
      assert(state.store.get(MASTER) !== undefined);
      await state.persistence.exclusively(() =>
        Promise.resolve(state.store.create(virtualService("one")))
      );
    }
    using again = await openState(directory);
    assertEquals(again.store.get(ONE)?.metadata.name, "one");
  });
});

Deno.test({
  name: "the directory is 0700 and every file in it 0600",
  ignore: !posix,
  async fn() {
    await inDirectory(async (directory) => {
      const umask = Deno.umask(0);
      try {
        using _state = await openState(directory);
      } finally {
        Deno.umask(umask);
      }
      const mode = async (path: string) =>
        ((await Deno.lstat(path)).mode ?? 0) & 0o777;
      assertEquals(await mode(directory), 0o700);
      for await (const { name } of Deno.readDir(directory)) {
        assertEquals(await mode(`${directory}/${name}`), 0o600);
      }
      await Deno.chmod(directory, 0o755);
      using _again = await openState(directory);
      assertEquals(await mode(directory), 0o700);
    });
  },
});

Deno.test.each([
  { what: "the state", name: "state.jsonl" },
  { what: "the lock", name: "state.lock" },
])("a symbolic link in place of $what is refused", async ({ name }) => {
  if (!posix) return;
  await inDirectory(async (directory) => {
    await Deno.mkdir(directory, { recursive: true });
    const elsewhere = `${directory}/../elsewhere`;
    await Deno.writeTextFile(elsewhere, "precious");
    await Deno.symlink(elsewhere, `${directory}/${name}`);
    const error = await assertRejects(
      () => openState(directory),
      TrafficError,
      "it is a symbolic link",
    );
    assertEquals(error.code, "file");
    assertEquals(await Deno.readTextFile(elsewhere), "precious");
  });
});

Deno.test("a symbolic link in place of the directory is refused", async () => {
  if (!posix) return;
  await inDirectory(async (directory) => {
    await Deno.mkdir(`${directory}-real`, { recursive: true });
    await Deno.symlink(`${directory}-real`, directory);
    await assertRejects(
      () => openState(directory),
      TrafficError,
      "it is a symbolic link",
    );
  });
});

Deno.test.each([
  { what: "cut", damage: (text: string) => text.slice(0, text.length / 2) },
  { what: "empty", damage: () => "" },
  { what: "of another kind", damage: () => "{}\n" },
  {
    what: "of an unknown object",
    damage: (text: string) =>
      text.replace('"kind":"Namespace"', '"kind":"Nonsense"'),
  },
])(
  "a state that is $what names the reset, and the reset mends it",
  async ({ damage }) => {
    await inDirectory(async (directory) => {
      (await openState(directory))[Symbol.dispose]();
      const path = `${directory}/state.jsonl`;
      await Deno.writeTextFile(path, damage(await Deno.readTextFile(path)));
      const error = await assertRejects(
        () => openState(directory),
        TrafficError,
        "is damaged",
      );
      assertEquals(error.hint, 'Start afresh with "istiops sandbox reset"');
      await resetState(directory);
      using state = await openState(directory);
      assert(state.store.get(MASTER) !== undefined);
    });
  },
);

Deno.test("two that write at once lose nothing, and read each other's writes", async () => {
  await inDirectory(async (directory) => {
    using first = await openState(directory);
    using second = await openState(directory);
    const write = (state: typeof first, name: string) =>
      state.persistence.exclusively(() =>
        Promise.resolve(state.store.create(virtualService(name)))
      );
    await Promise.all(
      Array.from(
        { length: 20 },
        (_, n) => write(n % 2 === 0 ? first : second, `n${n}`),
      ),
    );
    await first.persistence.refresh();
    await second.persistence.refresh();
    const names = (state: typeof first) =>
      state.store.list("VirtualService").filter(({ metadata }) =>
        /^n\d+$/.test(metadata.name)
      ).length;
    assertEquals([names(first), names(second)], [20, 20]);
    assertEquals(
      first.store.list("VirtualService"),
      second.store.list("VirtualService"),
    );
    const versions = first.store.dump().objects.map(({ metadata }) =>
      metadata.resourceVersion
    );
    assertEquals(new Set(versions).size, versions.length);
  });
});

Deno.test("what another process writes is an event for one's own watches", async () => {
  await inDirectory(async (directory) => {
    using mine = await openState(directory);
    using other = await openState(directory);
    const from = Number(mine.store.resourceVersion);
    await other.persistence.exclusively(() => {
      other.store.delete(MASTER);
      return Promise.resolve(other.store.create(virtualService("one")));
    });
    await mine.persistence.refresh();
    assertEquals(
      mine.store.since(from)?.map(({ type, object }) =>
        `${type} ${object.metadata.name}`
      ).toSorted(),
      ["ADDED one", "DELETED api-domain-virtualservice"],
    );
  });
});

Deno.test("a reset brings the demo world back and goes on counting versions", async () => {
  await inDirectory(async (directory) => {
    using state = await openState(directory);
    const uid = state.store.get(MASTER)!.metadata.uid;
    await state.persistence.exclusively(() =>
      Promise.resolve(state.store.delete(MASTER))
    );
    const before = Number(state.store.resourceVersion);
    await resetState(directory);
    await state.persistence.refresh();
    assertNotEquals(state.store.get(MASTER)!.metadata.uid, uid);
    assert(Number(state.store.resourceVersion) > before);
  });
});
