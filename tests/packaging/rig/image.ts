/**
 * The image of `packaging/container/Dockerfile` without a container engine:
 * its build stage is run in a copy of the context, and what it ends with in a
 * root of its own that cannot be written, as its user.
 *
 * Stands in for the two base images: the Deno of the tests with the libraries
 * that it is linked with, and no other file.
 *
 * @module
 */

import { last, parseDockerfile, type Stage } from "./dockerfile.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** Of the image. */
export const DOCKERFILE: string = Deno.readTextFileSync(
  `${ROOT}packaging/container/Dockerfile`,
);

/** Why no such image can be made here; nothing where it can. */
export function whyNoImage(): string | undefined {
  if (Deno.build.os !== "linux") return "a root of its own needs Linux";
  if (Deno.uid() !== 0) return "a root of its own needs root";
  try {
    const { success } = new Deno.Command("unshare", {
      args: ["--mount", "--setuid=65532", "--root=/", "true"],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success ? undefined : "no mount namespace can be made";
  } catch {
    return "unshare is not on PATH";
  }
}

/** What a container did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a container is started. */
export interface ContainerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Folders of this machine by their places in there; `:ro` behind one. */
  readonly mounts?: Readonly<Record<string, string>>;
}

/** An image that was built. */
export interface Image extends AsyncDisposable {
  /** Its files. */
  readonly root: string;
  /** Runs it with these arguments: on a root that cannot be written. */
  run(argv: readonly string[], options?: ContainerOptions): Promise<Ran>;
}

/** Builds the image. */
export async function buildImage(): Promise<Image> {
  const folder = await Deno.makeTempDir();
  const [build, final] = parseDockerfile(DOCKERFILE) as [Stage, Stage];
  const context = `${folder}/context`;
  await copyContext(context);
  for (const { keyword, text } of build.instructions) {
    if (keyword === "RUN") await succeed("sh", ["-ec", text], context);
  }
  const root = `${folder}/root`;
  await baseImage(root);
  for (const { keyword, flags, words } of final.instructions) {
    if (keyword === "WORKDIR") {
      await Deno.mkdir(root + words[0]!, { recursive: true });
    }
    if (keyword !== "COPY") continue;
    const [from = "", to = ""] = words;
    const { chown = "0:0" } = flags;
    await Deno.mkdir(root + to, { recursive: true });
    const source = `${folder}/copied`;
    await succeed("cp", ["-a", from.replace(/^\/src/, context), source]);
    await succeed("chown", ["-R", chown, source]);
    // The folder itself is that of the base.
    await succeed("cp", ["-a", ...namesIn(source), root + to]);
    await Deno.remove(source, { recursive: true });
  }
  return {
    root,
    run: (argv, options = {}) => run(root, final, { argv, ...options }),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`);
}

/** The tree as an engine would send it. */
async function copyContext(to: string): Promise<void> {
  const ignored = (await Deno.readTextFile(`${ROOT}.dockerignore`))
    .split("\n").filter(Boolean);
  await Deno.mkdir(to);
  for (const { name } of Deno.readDirSync(ROOT)) {
    if (ignored.includes(name)) continue;
    await succeed("cp", ["-a", ROOT + name, to]);
  }
}

async function baseImage(root: string): Promise<void> {
  for (
    const name of ["bin", "dev", "etc", "home/nonroot", "proc", "run", "var"]
  ) {
    await Deno.mkdir(`${root}/${name}`, { recursive: true });
  }
  await Deno.symlink("/run", `${root}/var/run`);
  await Deno.writeTextFile(
    `${root}/etc/passwd`,
    "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
  );
  await Deno.copyFile(Deno.execPath(), `${root}/bin/deno`);
  const linked = await succeed("ldd", [Deno.execPath()]);
  for (const [, path = ""] of linked.matchAll(/(\/\S+\.so\S*)/g)) {
    await Deno.mkdir(root + path.replace(/\/[^/]+$/, ""), { recursive: true });
    await Deno.copyFile(path, root + path);
  }
}

async function run(
  root: string,
  stage: Stage,
  of: ContainerOptions & { readonly argv: readonly string[] },
): Promise<Ran> {
  const { argv, env = {}, mounts = {} } = of;
  const places = Object.entries(mounts);
  for (const [place] of places) {
    await Deno.mkdir(root + place, { recursive: true });
  }
  // tini becomes what follows its dashes, for a test.
  const [, , ...entry] = last(stage, "ENTRYPOINT").words;
  const script = [
    'mount --bind "$ROOT" "$ROOT"',
    'mount -o remount,bind,ro "$ROOT"',
    'mount --rbind /dev "$ROOT/dev"',
    'mount -t proc proc "$ROOT/proc"',
    ...places.flatMap(([place, from], at) => [
      `mount --bind "$MOUNT_${at}" "$ROOT${place}"`,
      ...(from.endsWith(":ro")
        ? [`mount -o remount,bind,ro "$ROOT${place}"`]
        : []),
    ]),
    `exec env -i "$@"`,
  ];
  const unshare = await succeed("sh", ["-c", "command -v unshare"]);
  const [uid, gid] = last(stage, "USER").text.split(":");
  const [name = "", value = ""] = last(stage, "ENV").text.split("=");
  const { code, stdout, stderr } = await new Deno.Command("unshare", {
    args: [
      ...["--mount", "--propagation", "private"],
      ...["--pid", "--fork", "--kill-child"],
      ...["sh", "-ec", script.join("\n"), "sh"],
      ...Object.entries({ [name]: value, ...env }).map((pair) =>
        pair.join("=")
      ),
      ...[unshare.trim(), `--root=${root}`],
      `--wd=${last(stage, "WORKDIR").text}`,
      ...[`--setuid=${uid}`, `--setgid=${gid}`],
      ...entry,
      ...argv,
    ],
    env: {
      ROOT: root,
      ...Object.fromEntries(
        places.map(([, from], at) => [
          `MOUNT_${at}`,
          from.replace(/:ro$/, ""),
        ]),
      ),
    },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function succeed(
  command: string,
  args: readonly string[],
  cwd = "/",
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
  }).output();
  if (!success) {
    throw new Error(
      `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return new TextDecoder().decode(stdout);
}
