/**
 * The Job of `packaging/rbac/job.yaml` on a real API server: its manifests are
 * taken as they are, and what its Pod would run does the change with the
 * rights of its ServiceAccount. No kubelet is here: the container is that of
 * `tests/packaging/rig/image.ts`.
 *
 * @module
 */

import type { KubeObject } from "../../src/istio/types.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { buildImage, whyNoImage } from "../packaging/rig/image.ts";
import { collectionOf } from "./api.ts";
import { apiOf, meshTest } from "./places.ts";
import { until } from "./program.ts";
import { routing, service } from "./town.ts";
import { manifest } from "./users/roles.ts";

interface Template {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName: string;
        readonly containers: readonly [{ readonly args: readonly string[] }];
      };
    };
  };
}

meshTest(
  "the Job shifts as its ServiceAccount, and may do nothing else",
  async (places) => {
    assertEquals(whyNoImage(), undefined);
    await using image = await buildImage();
    using api = apiOf(places);
    const town = [
      ...service("api-domain", { builds: [1, 2, 3] }),
      ...routing("api-domain", 1),
    ];
    const inDefault = (object: KubeObject): KubeObject => ({
      ...object,
      metadata: { ...object.metadata, namespace: "default" },
    });
    const [viewer] = manifest("viewer");
    const objects = [
      viewer!,
      ...manifest("editor").map(inDefault),
      ...manifest("job"),
    ];
    await api.create(...town);
    for (const object of objects) {
      const strict = `${collectionOf(object)}?fieldValidation=Strict`;
      await api.json("POST", strict, { body: object });
    }
    const folder = `${places.folder}/job`;
    try {
      const job = objects.at(-1)! as unknown as Template;
      const { serviceAccountName, containers } = job.spec.template.spec;
      const account =
        `/api/v1/namespaces/default/serviceaccounts/${serviceAccountName}/token`;
      const { status } = await api.json("POST", account, {
        body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest" },
      }) as unknown as { readonly status: { readonly token: string } };
      // As the kubelet lays it out: links to a folder that is replaced.
      await Deno.mkdir(`${folder}/..data`, { recursive: true });
      const files = {
        token: status.token,
        namespace: "default",
        "ca.crt": await Deno.readTextFile(`${places.tls}/ca.crt`),
      };
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(`${folder}/..data/${name}`, text);
        await Deno.symlink(`..data/${name}`, `${folder}/${name}`);
      }
      const { hostname, port } = new URL(places.apiServer);
      const run = (argv: readonly string[]) =>
        image.run(argv, {
          env: {
            KUBERNETES_SERVICE_HOST: hostname,
            KUBERNETES_SERVICE_PORT: port,
          },
          mounts: {
            "/run/secrets/kubernetes.io/serviceaccount": `${folder}:ro`,
          },
        });
      const done = await until("the Roles to be known", async () => {
        const ran = await run(containers[0].args);
        return ran.stderr.includes("forbids it") ? undefined : ran;
      });
      assertEquals([done.code, done.stderr], [0, ""], done.stdout);
      assertStringIncludes(done.stdout, "Done");
      const { spec } = await api.json(
        "GET",
        "/apis/networking.istio.io/v1/namespaces/default/virtualservices/api-domain",
      );
      const text = JSON.stringify(spec);
      assert(
        text.includes('"weight":20') && text.includes('"weight":80'),
        text,
      );

      // Creating is not among its rights, nor another namespace.
      const elsewhere = await run([
        ...["shift", "-l", "app=api-domain", "-b", "2", "-w", "5"],
        ...["-n", "istio-system", "--dry-run"],
      ]);
      assertEquals(elsewhere.code, 1, elsewhere.stdout);
      const audited = (await Deno.readTextFile(places.audit)).trimEnd().split(
        "\n",
      )
        .map((line) => JSON.parse(line))
        .filter(({ user, verb }) =>
          user.username === "system:serviceaccount:default:istiops" &&
          verb !== "create"
        );
      assertEquals(
        new Set(audited.map(({ verb }) => verb)),
        new Set(["patch"]),
      );
    } finally {
      await api.delete(...objects, ...town);
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    }
  },
);
