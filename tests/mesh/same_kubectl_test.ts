/**
 * kubectl as a judge: the same commands on the sandbox and on a real
 * kube-apiserver print the same.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { whyNoKubectl } from "../support/kubectl.ts";
import { apiOf, meshTest } from "./places.ts";
import { bothKubectls, type Command, plain } from "./same/kubectl.ts";

const missing = await whyNoKubectl();

const SERVICE = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: one
  labels:
    app: one
spec:
  hosts:
  - one
  http:
  - name: all
    route:
    - destination:
        host: one
        subset: v1
`;
const RULE = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: one
spec:
  host: one
  subsets:
  - name: v1
    labels:
      version: v1
`;
const MORE = RULE + `  - name: v2
    labels:
      version: v2
`;
const CONFIG = `apiVersion: v1
kind: ConfigMap
metadata:
  name: one
data:
  a: "1"
`;

const on = (line: string, more: Omit<Command, "line"> = {}): Command => ({
  line,
  ...more,
});

const STORIES: Readonly<Record<string, readonly Command[]>> = {
  "apply, get, diff": [
    on("apply -f -", { stdin: SERVICE }),
    on("apply -f -", { stdin: RULE }),
    on("apply -f -", { stdin: RULE }),
    on("diff -f -", { stdin: RULE }),
    on("diff -f -", { stdin: MORE }),
    on("apply -f -", { stdin: MORE }),
    on("apply --dry-run=server -f -", { stdin: RULE }),
    on("get virtualservices,destinationrules"),
    on("get vs one -o wide"),
    on("get dr one -o yaml"),
    on("get vs one -o jsonpath={.spec.hosts}"),
    on("get vs -l app=one -o name"),
    on("get vs -l app=two"),
    on("get vs two"),
    on("get nothings"),
  ],
  "apply --server-side": [
    on("apply --server-side -f -", { stdin: RULE }),
    on("apply --server-side -f -", { stdin: MORE }),
    on("get dr one -o yaml --show-managed-fields"),
    on("apply --server-side --field-manager=other -f -", { stdin: RULE }),
    on("apply --server-side --field-manager=other --force-conflicts -f -", {
      stdin: RULE,
    }),
    on("diff --server-side -f -", { stdin: MORE }),
    on("get dr one -o yaml --show-managed-fields"),
  ],
  "patch, label, annotate": [
    on("create -f -", { stdin: SERVICE }),
    on("create -f -", { stdin: SERVICE }),
    on('patch vs one --type merge -p {"spec":{"hosts":["one","two"]}}'),
    on(
      'patch vs one --type json -p [{"op":"replace","path":"/spec/hosts","value":["one"]}]',
    ),
    on(
      'patch vs one --type json -p [{"op":"test","path":"/spec/hosts","value":["x"]}]',
    ),
    on('patch vs one -p {"spec":{"hosts":["one"]}}'),
    on('patch vs one --type merge -p {"spec":{"http":[]}}'),
    on("label vs one tier=x"),
    on("label vs one tier=y"),
    on("label vs one tier=y --overwrite"),
    on("label vs one tier-"),
    on("annotate vs one note=hello"),
    on("annotate vs one note-"),
    on("get vs one -o yaml"),
    on("replace -f -", { stdin: SERVICE }),
  ],
  "edit": [
    on("apply -f -", { stdin: SERVICE }),
    on("edit vs one", { edit: "s/subset: v1/subset: v2/" }),
    on("edit vs one", { edit: "s/xxxx/y/" }),
    on("get vs one -o jsonpath={.spec.http}"),
  ],
  "delete, wait": [
    on("apply -f -", { stdin: SERVICE }),
    on("apply -f -", { stdin: CONFIG }),
    on("wait --for=jsonpath={.spec.hosts[0]}=one vs/one --timeout=5s"),
    on("wait --for=create vs/one --timeout=5s"),
    on("delete vs one --dry-run=server"),
    on("delete vs one"),
    on("delete vs one"),
    on("delete vs one --ignore-not-found"),
    on("delete configmap one"),
    on("wait --for=delete vs/one --timeout=5s"),
  ],
  "what is refused": [
    on("apply -f -", { stdin: SERVICE.replace("- one", "- one two") }),
    on("apply -f -", { stdin: SERVICE.replace("hosts:", "hostss:") }),
    on("apply --validate=warn -f -", {
      stdin: RULE.replace("metadata:", "extra: 1\nmetadata:"),
    }),
    on("create -f -", { stdin: RULE.replace("  host: one\n", "") }),
    on("apply -f -", { stdin: RULE.replace("name: one", "name: One") }),
    on("auth can-i patch virtualservices"),
    on("api-resources --api-group=discovery.k8s.io -o name"),
  ],
};

for (const [name, commands] of Object.entries(STORIES)) {
  meshTest(`kubectl prints the same: ${name}`, async (places) => {
    if (missing !== undefined) throw new Error(missing);
    const namespace = `kubectl-${crypto.randomUUID().slice(0, 8)}`;
    using api = apiOf(places);
    await api.create({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    });
    await using both = await bothKubectls(places, namespace);
    for (const command of commands) {
      const [ours, theirs] = await Promise.all([
        both.sandbox.run(command),
        both.real.run(command),
      ]);
      assertEquals(plain(ours), plain(theirs), `kubectl ${command.line}`);
    }
  });
}
