import { runCli } from "../../src/cli/run.ts";
import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { FakeProcess } from "../support/fake_io.ts";
import { whyNoKubectl } from "../support/kubectl.ts";

const NAME = "api-domain-virtualservice";
const missing = await whyNoKubectl();

Deno.test({
  name: `what kubectl wrote to the same rule meanwhile is a conflict${
    missing === undefined ? "" : ` (skipped: ${missing})`
  }`,
  ignore: missing !== undefined,
  async fn() {
    const home = await Deno.makeTempDir();
    const env = { HOME: home };
    const server = new FakeProcess({ env });
    const { promise: up, resolve: isUp } = Promise.withResolvers<void>();
    const write = server.io.stdout.write.bind(server.io.stdout);
    Object.assign(server.io.stdout, {
      write(text: string) {
        write(text);
        isUp();
      },
    });
    const serving = runCli(["sandbox", "-o", "json"], server.io);
    await up;
    const KUBECONFIG = String(server.document["kubeconfig"]);
    const kubectl = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await new Deno.Command("kubectl", {
        args: [`--cache-dir=${home}/cache`, ...args],
        env: { ...env, KUBECONFIG },
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    const path = ".spec.http[5].route[*].weight";
    const weights = () =>
      kubectl("get", "virtualservice", NAME, `-ojsonpath={${path}}`);
    const shift = async (
      typed: () => Promise<string>,
    ): Promise<FakeProcess> => {
      const shifting = new FakeProcess({
        env: { ...env, KUBECONFIG },
        terminal: true,
        typed: [typed],
      });
      const status = await runCli(
        ["shift", NAME, "-b", "2", "-w", "60", "--settle", "0s"],
        shifting.io,
      );
      return Object.assign(shifting, { status });
    };
    const patch = (index: number, value: number) =>
      kubectl(
        ...["patch", "virtualservice", NAME, "--type=json", "-p"],
        JSON.stringify([
          {
            op: "replace",
            path: `/spec/http/5/route/${index}/weight`,
            value,
          },
        ]),
      );

    const conflict = await shift(async () => {
      await patch(0, 91);
      return `${NAME}\r`;
    });
    assertStringIncludes(conflict.stderr, "was changed since it was read");
    assertStringIncludes(conflict.stderr, "+    weight: 91");
    assertEquals(await weights(), "91 10");

    await patch(0, 90);
    const done = await shift(() => Promise.resolve(`${NAME}\r`));
    assertStringIncludes(done.stdout, "Done", done.stderr);
    assertEquals(await weights(), "40 60");

    server.interrupt();
    assertEquals(await serving, 0);
    await Deno.remove(home, { recursive: true });
  },
});
